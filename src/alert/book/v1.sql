-- Instants are microseconds since 1970 in UTC.
CREATE TABLE causes (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  matter TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER
) STRICT;

CREATE UNIQUE INDEX open_causes ON causes (key) WHERE until IS NULL;

CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  receiver TEXT NOT NULL,
  letter TEXT NOT NULL,
  made INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'given-up')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next INTEGER NOT NULL,
  ended INTEGER CHECK ((ended IS NULL) = (state = 'waiting')),
  error TEXT
) STRICT;

CREATE INDEX waiting_messages ON messages (receiver, id) WHERE state = 'waiting';

-- Until when reminders were given; no row before the first look.
CREATE TABLE reminded (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  until INTEGER NOT NULL
) STRICT;

-- Which causes a message tells of.
CREATE TABLE told (
  cause INTEGER NOT NULL REFERENCES causes (id) ON DELETE CASCADE,
  message INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  PRIMARY KEY (cause, message)
) STRICT, WITHOUT ROWID;

CREATE INDEX told_by ON told (message);
