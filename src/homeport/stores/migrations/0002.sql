-- Commits are written through this view, many at a time and in one statement, which is one transaction: the
-- writer hands Python's interpreter lock back and forth once for all of them. A row is
-- [revision, at, via, token, source, trace, ops, whether its binds are applied here, signature or null],
-- a signature [token, timestamp, nonce].
CREATE VIEW IF NOT EXISTS commits AS SELECT NULL AS rows;

CREATE TRIGGER IF NOT EXISTS commit_rows INSTEAD OF INSERT ON commits
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

CREATE TABLE format (
  number  INTEGER PRIMARY KEY,           -- as in user_version
  program TEXT NOT NULL,                 -- the version of Homeport that brought this file to it
  since   REAL NOT NULL
);
