# kind: wrong
# about: the command of the README names a folder that is not there
# loses: [docs]

# %% task="docs"
# %%writefile README.md
# # Delays
#
# A service that says how probable it is that a flight lands more than 15 minutes late.
#
# ## Run it
#
# `MODEL_PATH` names the artefact; without it, it is `data/model.npz`.
#
# ```bash server
# python -m uvicorn --factory service.app:create_app --port 8000
# ```
#
# `GET /health` says that it is up, `POST /predict` takes one flight, and `POST /predict/batch` takes up to
# 256 of them. Examples of every request and answer are at `/docs`.
#
# ## Test it
#
# ```bash
# python -m pytest -q test
# ```
#
# ## Errors
#
# Every error has the body `{"error": {"code", "message", "fields"}, "request_id"}`. Tell us the request id
# when you ask about one: it is in our log.
#
# | code | status | what to do |
# |---|---|---|
# | `malformed` | 400 | send JSON |
# | `not_found` | 404 | look at the path |
# | `method_not_allowed` | 405 | look at the method |
# | `too_large` | 413 | send less than 1 MiB |
# | `unsupported` | 415 | send the content type `application/json` |
# | `invalid` | 422 | correct the values that `fields` names |
# | `internal` | 500 | tell us |
# | `model_failure` | 503 | try again later |
