-- Once, as a superuser of the server: psql -v owner_password=… -v app_password=… -f roles.sql
-- The owner changes the schema (DONDOC_OWNER_DATABASE_URL, `dondoc init` alone); the other one works in it and cannot change
-- what was logged: `dondoc init` grants it exactly what it needs.
CREATE ROLE dondoc_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE dondoc LOGIN PASSWORD :'app_password';
CREATE DATABASE dondoc OWNER dondoc_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE dondoc FROM PUBLIC;
GRANT CONNECT ON DATABASE dondoc TO dondoc;
-- Erasing private texts (DONDOC_REDACTOR_DATABASE_URL) is done by a role of its own, where erasures are wanted at all:
--   CREATE ROLE dondoc_redactor LOGIN PASSWORD '…';
--   GRANT CONNECT ON DATABASE dondoc TO dondoc_redactor;
-- `dondoc init`, run with that address too, grants it what the product may and the deletion of private texts, nothing else.
-- Numbering the log (DONDOC_SEALER_DATABASE_URL, the clock's) and signing it (DONDOC_SIGNER_DATABASE_URL, `dondoc audit sign` alone):
--   CREATE ROLE dondoc_sealer LOGIN PASSWORD '…';
--   CREATE ROLE dondoc_signer LOGIN PASSWORD '…';
--   GRANT CONNECT ON DATABASE dondoc TO dondoc_sealer, dondoc_signer;
-- `dondoc init`, run with those addresses too, lets them read the log and write their own tables of it, nothing else.
