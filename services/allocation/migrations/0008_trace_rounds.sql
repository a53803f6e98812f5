-- The W3C trace context of the call that created the round; its workers continue it. Empty: it was not traced.
alter table rounds add column traceparent text collate "C" not null default '';
