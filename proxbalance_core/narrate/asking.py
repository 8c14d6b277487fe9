"""Ask a provider for a text: OpenAI's protocol, which Ollama and many others speak, or Anthropic's."""

from __future__ import annotations

import json
import time
from typing import Any

import requests

from proxbalance_core.domain.narration import Answer, Provider

MOST_TOKENS, LARGEST_ANSWER = 400, 200_000
ANTHROPIC_VERSION = "2023-06-01"


def ask(provider: Provider, key: str, system: str, question: str) -> Answer:
    """One question, one answer; whatever goes wrong is a sentence, and never names the key."""
    url, headers, body = _request(provider, key, system, question)
    try:
        with requests.post(
            url,
            json=body,
            headers=headers,
            timeout=provider.timeout_s,
            allow_redirects=False,
            stream=True,
            auth=_as_given,
        ) as answer:
            raw, status = _body(answer, time.monotonic() + provider.timeout_s), answer.status_code
    except requests.Timeout:
        return Answer(fault=f"It did not answer within {provider.timeout_s:g} seconds.")
    except requests.ConnectionError:
        return Answer(fault="It can't be reached.")
    except (requests.RequestException, OSError, ValueError):
        return Answer(fault="Its address can't be used, or its answer broke off.")
    return _read(provider, status, raw)


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No login from the user's .netrc in place of the key."""
    return request


def _body(answer: requests.Response, until: float) -> bytes:
    """As much of an answer as is looked at, and one byte more; one that drips is given up ``until`` then."""
    read = b""
    for part in answer.iter_content(64):
        if time.monotonic() > until:
            raise requests.Timeout
        read += part
        if len(read) > LARGEST_ANSWER:
            break
    return read


def _request(provider: Provider, key: str, system: str, question: str) -> tuple[str, dict[str, str], dict[str, Any]]:
    base = provider.url.rstrip("/")
    if provider.kind == "anthropic":
        headers = {"x-api-key": key, "anthropic-version": ANTHROPIC_VERSION}
        body: dict[str, Any] = {"system": system, "messages": [{"role": "user", "content": question}]}
        url = f"{base}/v1/messages"
    else:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        roles = (("system", system), ("user", question))
        body = {"messages": [{"role": role, "content": content} for role, content in roles], "temperature": 0}
        url = f"{base}/chat/completions"
    return url, headers, body | {"model": provider.model, "max_tokens": MOST_TOKENS}


def _read(provider: Provider, status: int, raw: bytes) -> Answer:
    if status in (401, 403):
        return Answer(fault=f"It answered {status}: the key is not accepted.")
    if status != 200:
        return Answer(fault=f"It answered {status}.")
    if len(raw) > LARGEST_ANSWER:
        return Answer(fault="Its answer is too long.")
    try:
        found = json.loads(raw)
        usage = found.get("usage") or {}
        if provider.kind == "anthropic":
            text = "".join(part.get("text", "") for part in found["content"])
            tokens = usage.get("input_tokens", 0), usage.get("output_tokens", 0)
        else:
            text = found["choices"][0]["message"]["content"]
            tokens = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
        return Answer(text=str(text), tokens_in=int(tokens[0]), tokens_out=int(tokens[1]))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return Answer(fault="Its answer is not what its protocol says.")
