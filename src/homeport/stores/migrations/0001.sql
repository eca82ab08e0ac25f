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
