# One image, several commands: the API (default), `worker`, `sandbox`, `migrate`.
# glibc is needed (no alpine): the locked packages come as manylinux wheels.
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin vitrine \
    && install -d -o vitrine -g vitrine /var/lib/vitrine
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VITRINE_MODE=production \
    VITRINE_DATA_DIR=/var/lib/vitrine \
    HOST=0.0.0.0 \
    PORT=8000
USER vitrine
VOLUME /var/lib/vitrine
EXPOSE 8000
# The drain (UNREADY_SECONDS and DRAIN_SECONDS) must fit into the time before a kill: give `docker stop` 30 seconds.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
CMD ["python", "server.py", "serve"]
