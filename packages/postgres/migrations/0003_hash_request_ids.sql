-- Bodies could be tried against hashes made without a key, so those go; what they stood for is no longer recognised.
delete from marketmesh.remembered_requests;
comment on column marketmesh.remembered_requests.request_id is 'base64url of the sha256 of the request id';
comment on column marketmesh.remembered_requests.body_hash is
  'HMAC-SHA-256 of the request as JSON with sorted keys; its key is the request id';
