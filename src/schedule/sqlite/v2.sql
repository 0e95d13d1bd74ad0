-- What each attempt of a tick came to.
CREATE TABLE attempts (
  nominal INTEGER NOT NULL,
  pipeline TEXT NOT NULL,
  number INTEGER NOT NULL,
  token INTEGER NOT NULL,
  began INTEGER NOT NULL,
  ended INTEGER,
  failure TEXT CHECK (failure IS NULL OR ended IS NOT NULL),
  run_id TEXT CHECK (run_id IS NULL OR ended IS NOT NULL),
  note TEXT NOT NULL,
  PRIMARY KEY (nominal, pipeline, number)
) STRICT, WITHOUT ROWID;

-- Ticks that somebody asked to be run again, until a scheduler has heard it.
CREATE TABLE asked (
  nominal INTEGER NOT NULL,
  pipeline TEXT NOT NULL,
  PRIMARY KEY (nominal, pipeline)
) STRICT, WITHOUT ROWID;
