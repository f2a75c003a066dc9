# A small image with foveal, of the wheel that its first stage builds. See docs/install.md.
#
#     docker build --tag foveal .
#     docker run --rm --volume "$PWD/photos:/photos" --user "$(id -u)" foveal batch /photos -o /photos/smaller
#     docker run --rm --publish 8000:8000 foveal serve --host 0.0.0.0 --port 8000
FROM python:3.13-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends g++
COPY . /source
RUN pip wheel --no-deps --wheel-dir /wheels /source

FROM python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir "foveal[serve] @ file://$(echo /wheels/foveal-*.whl)" && useradd --uid 1000 --create-home foveal
USER 1000
WORKDIR /photos
EXPOSE 8000
ENTRYPOINT ["foveal"]
CMD ["--help"]
