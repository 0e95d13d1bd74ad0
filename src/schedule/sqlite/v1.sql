-- Instants are microseconds since 1970 in UTC.
CREATE TABLE lease (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  token INTEGER NOT NULL,
  holder TEXT NOT NULL,
  beat INTEGER NOT NULL,
  is_free INTEGER NOT NULL CHECK (is_free IN (0, 1))
) STRICT;

INSERT INTO lease VALUES (1, 0, '', 0, 1);

CREATE TABLE pipelines (
  pipeline TEXT PRIMARY KEY,
  expression TEXT NOT NULL,
  zone TEXT NOT NULL,
  decided_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ticks (
  nominal INTEGER NOT NULL,
  pipeline TEXT NOT NULL,
  step INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  interruptions INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'claimed', 'running', 'succeeded', 'failed', 'skipped')),
  at INTEGER CHECK ((at IS NULL) = (state = 'claimed')),
  token INTEGER CHECK ((token IS NOT NULL) = (state IN ('claimed', 'running'))),
  why TEXT CHECK ((why IS NOT NULL) = (state IN ('failed', 'skipped'))),
  PRIMARY KEY (nominal, pipeline)
) STRICT, WITHOUT ROWID;

CREATE INDEX open_ticks ON ticks (nominal) WHERE state IN ('waiting', 'claimed', 'running');

CREATE TABLE pauses (
  id INTEGER PRIMARY KEY,
  pipeline TEXT,
  since INTEGER NOT NULL,
  until INTEGER CHECK (until >= since),
  reason TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX lasting_pauses ON pauses (coalesce(pipeline, '*')) WHERE until IS NULL;
