-- Personal attributes of listings, sealed under the owner's key. When identity destroys the key, nothing here can be read
-- again. The fingerprint is keyed too: it tells whether values are equal, not what they are.
create table listing_personal (
  market text collate "C" not null,
  bucket smallint not null,
  id text collate "C" not null,            -- the listing
  owner text collate "C" not null,         -- party id
  sealed bytea not null,                   -- nonce (12 bytes), tag (16), AES-256-GCM of the JSON
  fingerprint bytea not null,              -- HMAC-SHA-256 of the JSON under a key derived from the owner's
  primary key (market, bucket, id)
);
create index listing_personal_by_owner on listing_personal (market, owner);
call marketmesh.protect('listing_personal', 'owner = marketmesh.party()');
