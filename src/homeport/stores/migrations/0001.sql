-- What the server keeps. A name is lower-case A-labels without the final dot; times are unix seconds.

CREATE TABLE zones (
  name        TEXT PRIMARY KEY,
  ttl         INTEGER NOT NULL,
  from_file   INTEGER NOT NULL,
  nameservers TEXT NOT NULL              -- JSON: [{"name": ..., "addresses": [...]}]
) WITHOUT ROWID;

CREATE TABLE hosts (
  name          TEXT PRIMARY KEY,
  public_only   INTEGER NOT NULL,
  allow_private INTEGER NOT NULL,
  created_at    REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE bindings (
  name      TEXT PRIMARY KEY,
  revision  INTEGER NOT NULL,            -- the commit that last replaced it
  addresses TEXT NOT NULL,               -- JSON: ["198.51.100.7", ...]
  texts     TEXT NOT NULL                -- JSON: ["...", ...]
) WITHOUT ROWID;

CREATE TABLE tokens (
  id         TEXT PRIMARY KEY,
  hosts      TEXT NOT NULL,              -- JSON: ["home.dyn.example.com", ...]
  digest     BLOB,                       -- SHA-256 of the secret; NULL for a signed-only token
  sealed     BLOB,                       -- the secret under AES-GCM; NULL for one that cannot sign
  label      TEXT NOT NULL,
  created_at REAL NOT NULL
) WITHOUT ROWID;

-- The newest revisions, consecutive; the last row says at which revision the tables above are.
CREATE TABLE log (
  revision INTEGER PRIMARY KEY,
  at       REAL NOT NULL,
  via      TEXT NOT NULL,
  token    TEXT NOT NULL,
  source   TEXT NOT NULL,
  trace    TEXT NOT NULL,
  ops      TEXT NOT NULL                 -- JSON: [{"op": "bind", ...}, ...]
);

-- The newest signed commit of each token and host: nothing older is taken after a restart.
CREATE TABLE signed (
  token     TEXT NOT NULL,
  host      TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  nonce     TEXT NOT NULL,
  PRIMARY KEY (token, host)
) WITHOUT ROWID;

-- Commits are written through this view, many at a time and in one statement, which is one transaction: the
-- writer hands Python's interpreter lock back and forth once for all of them. A row is
-- [revision, at, via, token, source, trace, ops, whether its binds are applied here, signature or null],
-- a signature [token, timestamp, nonce].
CREATE VIEW commits AS SELECT NULL AS rows;

CREATE TRIGGER commit_rows INSTEAD OF INSERT ON commits
BEGIN
  INSERT INTO bindings (name, revision, addresses, texts)
  SELECT json_extract(op.value, '$.name'), json_extract(made.value, '$[0]'),
         json_extract(op.value, '$.addresses'), json_extract(op.value, '$.texts')
  FROM json_each(NEW.rows) AS made, json_each(made.value, '$[6]') AS op
  WHERE json_extract(made.value, '$[7]') AND json_extract(op.value, '$.op') = 'bind'
  ON CONFLICT (name) DO UPDATE SET
    revision = excluded.revision, addresses = excluded.addresses, texts = excluded.texts;

  INSERT INTO signed (token, host, timestamp, nonce)
  SELECT json_extract(made.value, '$[8][0]'), json_extract(op.value, '$.name'),
         json_extract(made.value, '$[8][1]'), json_extract(made.value, '$[8][2]')
  FROM json_each(NEW.rows) AS made, json_each(made.value, '$[6]') AS op
  WHERE json_extract(made.value, '$[8]') IS NOT NULL AND json_extract(op.value, '$.op') = 'bind'
  ON CONFLICT (token, host) DO UPDATE SET timestamp = excluded.timestamp, nonce = excluded.nonce
  WHERE excluded.timestamp >= signed.timestamp;

  INSERT INTO log (revision, at, via, token, source, trace, ops)
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
         json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
         json_extract(value, '$[6]')
  FROM json_each(NEW.rows);
END;
