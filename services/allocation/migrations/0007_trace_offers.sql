-- The W3C trace context that an offer was made in; whoever answers continues it. Empty: it was not traced.
alter table offers add column traceparent text collate "C" not null default '';
