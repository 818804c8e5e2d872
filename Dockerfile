# One image for every Airflow component: exactly what uv.lock names, run by a user who is not root.
FROM python:3.12.12-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir --root-user-action=ignore uv==0.13.8

WORKDIR /opt/braindrain
# The environment first: it changes with the lock only, the code changes daily.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked --no-dev --group postgres --no-install-project
COPY ingestion ingestion
COPY warehouse warehouse
COPY sandbox sandbox
COPY dbt_project dbt_project
COPY dags dags
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked --no-dev --group postgres

# The folders exist with their owner, so that the volumes mounted there begin with that owner.
RUN useradd --system --uid 10001 --no-create-home braindrain \
    && mkdir -p /opt/airflow/logs /var/lib/braindrain \
    && chown -R braindrain /opt/airflow /var/lib/braindrain
USER braindrain
ENV PATH=/opt/braindrain/.venv/bin:$PATH \
    HOME=/opt/airflow \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/braindrain/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    BRAINDRAIN_HOME=/var/lib/braindrain \
    DBT_SEND_ANONYMOUS_USAGE_STATS=False \
    DO_NOT_TRACK=1 \
    GX_ANALYTICS_ENABLED=False
CMD ["airflow", "version"]
