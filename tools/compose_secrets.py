"""`make env`: fresh random secrets for docker-compose.yml, as the lines of its .env."""

from __future__ import annotations

import base64
import os
import secrets

print(f"POSTGRES_PASSWORD={secrets.token_hex(24)}")
print(f"AIRFLOW_ADMIN_PASSWORD={secrets.token_urlsafe(12)}")
print(f"AIRFLOW_FERNET_KEY={base64.urlsafe_b64encode(os.urandom(32)).decode()}")
print(f"AIRFLOW_JWT_SECRET={secrets.token_hex(64)}")
print(f"AIRFLOW_SECRET_KEY={secrets.token_hex(32)}")
