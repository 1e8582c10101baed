-- Times are microseconds since 1970, UTC, unless a column says otherwise. Columns
-- called reader and conversation hold hashes, see Store.Hash.

-- The next exchange id that no process has reserved.
CREATE TABLE ids (
	one  INTEGER PRIMARY KEY CHECK (one = 1),
	next INTEGER NOT NULL
) STRICT;
INSERT INTO ids VALUES (1, 1);

CREATE TABLE exchanges (
	id           INTEGER PRIMARY KEY,
	at           INTEGER NOT NULL,
	took         INTEGER NOT NULL, -- nanoseconds
	tokens       INTEGER NOT NULL,
	status       TEXT NOT NULL,
	failure      TEXT NOT NULL,
	method       TEXT NOT NULL,
	front        TEXT NOT NULL,
	language     TEXT NOT NULL,
	reader       TEXT NOT NULL,
	conversation TEXT NOT NULL,
	question     TEXT NOT NULL,
	searched_for TEXT NOT NULL,
	answer       TEXT NOT NULL,
	articles     TEXT NOT NULL, -- JSON list, or empty
	passages     TEXT NOT NULL  -- JSON list, or empty
) STRICT;
-- Holds all that is counted, so that counting reads no texts.
CREATE INDEX exchanges_at ON exchanges (at, status, took, tokens, failure, reader);
CREATE INDEX exchanges_conversation ON exchanges (conversation, at) WHERE conversation <> '';
CREATE INDEX exchanges_reader ON exchanges (reader) WHERE reader <> '';

-- No reference to exchanges: a verdict may arrive before the exchange is written.
CREATE TABLE feedback (
	exchange INTEGER NOT NULL,
	reader   TEXT NOT NULL,
	verdict  TEXT NOT NULL,
	reason   TEXT NOT NULL,
	at       INTEGER NOT NULL,
	PRIMARY KEY (exchange, reader)
) STRICT, WITHOUT ROWID;
CREATE INDEX feedback_at ON feedback (at);
CREATE INDEX feedback_reader ON feedback (reader);

CREATE TABLE languages (
	reader   TEXT PRIMARY KEY,
	language TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE follows (
	chat     INTEGER NOT NULL,
	topic    TEXT NOT NULL,
	thread   INTEGER NOT NULL,
	reader   TEXT NOT NULL,
	language TEXT NOT NULL,
	at       INTEGER NOT NULL,
	PRIMARY KEY (chat, topic)
) STRICT, WITHOUT ROWID;
CREATE INDEX follows_reader ON follows (reader);

-- How and when a chat that follows something is sent notices.
CREATE TABLE chats (
	chat      INTEGER PRIMARY KEY,
	daily     INTEGER NOT NULL DEFAULT 0,
	last_sent INTEGER -- NULL if never
) STRICT;

-- A row stays when it is sent, so that nobody gets an article twice.
CREATE TABLE notices (
	id       INTEGER PRIMARY KEY,
	chat     INTEGER NOT NULL,
	article  TEXT NOT NULL,
	thread   INTEGER NOT NULL,
	topic    TEXT NOT NULL,
	language TEXT NOT NULL,
	at       INTEGER NOT NULL,
	sent     INTEGER, -- NULL if it is still to be sent
	UNIQUE (chat, article)
) STRICT;
CREATE INDEX notices_age ON notices (coalesce(sent, at));
CREATE INDEX notices_due ON notices (chat, at) WHERE sent IS NULL;

CREATE TABLE exclusions (
	article TEXT PRIMARY KEY,
	title   TEXT NOT NULL,
	who     TEXT NOT NULL,
	kind    TEXT NOT NULL,
	at      INTEGER NOT NULL,
	undo    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What is done keeps its id only, so that it is known when it comes again.
CREATE TABLE journal (
	id      INTEGER PRIMARY KEY,
	chat    INTEGER NOT NULL,
	payload BLOB,
	at      INTEGER NOT NULL,
	sending INTEGER NOT NULL DEFAULT 0,
	done    INTEGER -- NULL while it is in work
) STRICT;
CREATE INDEX journal_pending ON journal (at) WHERE done IS NULL;
CREATE INDEX journal_done ON journal (done) WHERE done IS NOT NULL;

CREATE TABLE spending (
	day    TEXT PRIMARY KEY,
	tokens INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
	key   TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
