alter table goods add units bigint;
update goods set units = 1;
alter table goods alter units set not null;
