"""AI text: what it is asked of, what came, and whether its figures are ours."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

ProviderKind = Literal["openai", "anthropic"]
Stance = Literal["agrees", "adds", "disagrees"]
STANCES: tuple[Stance, ...] = ("agrees", "adds", "disagrees")
# After so many failures in a row nothing is asked for a while.
BREAKS_AFTER, BROKEN_FOR_S = 3, 300.0
LONGEST_TEXT = 2000
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SMALL = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: float(i) for i, word in enumerate(_SMALL, 2)} | {word: 10.0 * i for i, word in enumerate(_TENS, 2)}
_WORDS |= {"hundred": 100.0, "thousand": 1000.0, "million": 1e6}
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])[-−+]?\d+(?:,\d{3})*(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who writes the text: an address that speaks OpenAI's protocol (Ollama too), or Anthropic's.

    Prices are in whatever money, for a million tokens; None is not known. ``names`` allows real names to be sent.
    """

    kind: ProviderKind = "openai"
    url: str = "http://127.0.0.1:11434/v1"
    model: str = ""
    names: bool = False
    timeout_s: float = 30.0
    price_in: float | None = None
    price_out: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a provider gave: a text with its tokens, or a sentence that says why there is none."""

    text: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Narration:
    """A text as it is shown, apart and labelled; ``dropped`` says why it isn't.

    ``stance`` is what it says beside the engine: it agrees, adds something, or disagrees. ``cost`` None is not known.
    """

    model: str
    at: datetime
    seconds: float
    text: str = ""
    stance: Stance = "adds"
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    dropped: str | None = None
    kept_from: bool = False


@dataclass(slots=True)
class Tally:
    """How AI text has done since the app started."""

    kept: int = 0
    dropped: int = 0
    failed: int = 0
    in_a_row: int = 0
    last_at: datetime | None = None
    last_seconds: float | None = None
    last_fault: str | None = None
    broken_until: datetime | None = None
    counts: dict[str, int] = field(default_factory=dict)


def foreign_figures(text: str, facts: Any) -> tuple[str, ...]:
    """Figures of ``text`` that are none of the facts', as they are written; a fact may be rounded, never invented.

    A figure holds when some number of the facts, rounded to as many decimals as it has, is the same, sign apart.
    Numbers in words count too ("one" is a pronoun more often), and full-width digits as what they look like.
    """
    known = {abs(value) for value in _numbers_of(facts)}
    foreign = [
        written
        for written, value, digits in _figures(text)
        if not any(abs(round(fact, digits) - value) < 1e-9 for fact in known)
    ]
    return tuple(dict.fromkeys(foreign))


def _figures(text: str) -> Iterator[tuple[str, float, int]]:
    """How it is written, its value without a sign, and its decimals."""
    plain = unicodedata.normalize("NFKC", text)
    for written in _NUMBER.findall(plain):
        bare = written.lstrip("+-−")
        bare = bare.replace(",", "") if _THOUSANDS.fullmatch(bare) else bare.replace(",", ".")
        yield written, float(bare), len(bare.partition(".")[2])
    for word in _WORD.findall(plain):
        yield word, _WORDS[word.lower()], 0


def _numbers_of(facts: Any) -> Iterator[float]:
    if isinstance(facts, bool) or facts is None:
        return
    if isinstance(facts, int | float):
        yield float(facts)
    elif isinstance(facts, str):
        yield from (value for _, value, _ in _figures(facts))
    elif isinstance(facts, Mapping):
        for key, value in facts.items():
            yield from _numbers_of(key)
            yield from _numbers_of(value)
    else:
        for value in facts:
            yield from _numbers_of(value)


def pseudonyms(names: Iterable[str]) -> dict[str, str]:
    """A stand-in for each name, always the same one for a name; it holds no figure."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted({name for name in names if name}):
        letters = "".join(chr(97 + byte % 26) for byte in hashlib.sha256(name.encode(errors="replace")).digest())
        length = next(n for n in range(4, len(letters)) if letters[:n] not in taken)
        taken.add(letters[:length])
        found[name] = f"name-{letters[:length]}"
    return found


def replaced(text: str, by: dict[str, str]) -> str:
    """``text`` with each name, as a whole word, in place of another."""
    if not by:
        return text
    every = sorted(by, key=len, reverse=True)
    return re.sub(rf"(?<!\w)({'|'.join(map(re.escape, every))})(?!\w)", lambda found: by[found[1]], text)
