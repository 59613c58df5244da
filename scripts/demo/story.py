"""What happens in the demo, in the order of the way of a work; people act through HTTP and their wallets alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from scripts.demo.people import Json, Person, Service

__all__ = ["MEDIA", "Story", "tell"]

MEDIA: Final = Path(__file__).parents[2] / "tests" / "data"
PHOTOGRAPH: Final = MEDIA / "chelsea.png"
TEXT: Final = MEDIA / "pride-and-prejudice-1.txt"

_PROMPT: Final = "Write a short story about a lighthouse keeper who finds a letter in a bottle."
_SEED: Final = 7
_TOKENS: Final = 96
_TIERS: Final = [{"tier": "personal"}, {"tier": "commercial"}, {"tier": "adaptation"}]


@dataclass(slots=True)
class Story:
    """What happened, for the report and the checks.

    Attributes:
        people: everybody, by name.
        works: results of the registrations, by title, in order.
        licences: results of the purchases, in order.
        claims: what was withdrawn, by name.
        masters: the exact bytes that were registered, where the demo has them as a file, by title.
    """

    people: dict[str, Person] = field(default_factory=dict)
    works: dict[str, Json] = field(default_factory=dict)
    licences: list[Json] = field(default_factory=list)
    claims: dict[str, list[Json]] = field(default_factory=dict)
    masters: dict[str, Path] = field(default_factory=dict)


def tell(service: Service, folder: Path, say: Callable[[str], None]) -> Story:
    """Play the whole story.

    Args:
        service: the API, and the chain for what people send themselves.
        folder: takes the derivative's file.
        say: called with one sentence before each act.
    """
    story = Story(people=_people(service))
    _register_originals(service, story, say)
    _register_derivative(service, story, folder, say)
    _sell(service, story, say)
    say("everybody pulls what is owed upstream and claims it")
    story.claims = {person.name: service.claim(person) for person in story.people.values()}
    return story


def _people(service: Service) -> dict[str, Person]:
    """Three creators and three buyers, on the development accounts that are meant for them."""
    roles = {"Ada": 3, "Ben": 4, "Cleo": 5, "Dora": 6, "Emil": 7, "Fay": 8}
    return {name: Person(name, index, service.web3) for name, index in roles.items()}


def _register_originals(service: Service, story: Story, say: Callable[[str], None]) -> None:
    ada, ben = story.people["Ada"], story.people["Ben"]
    say("Ada registers a photograph")
    request: Json = {"title": "Chelsea", "description": "A cat looks up.", "tiers": _TIERS}
    story.works["Chelsea"] = service.register(ada, request, PHOTOGRAPH)
    story.masters["Chelsea"] = PHOTOGRAPH
    say("Ben registers a text")
    request = {"title": "Netherfield Park", "description": "A truth universally acknowledged.", "tiers": _TIERS}
    story.works["Netherfield Park"] = service.register(ben, request, TEXT)
    story.masters["Netherfield Park"] = TEXT
    say(f"the language model writes a story for Ada ({_TOKENS} tokens, seed {_SEED}), and she registers it")
    job = service.generate(ada, _PROMPT, _SEED, _TOKENS)
    request = {"title": "The Letter", "description": _PROMPT, "tiers": _TIERS, "generation": job["id"]}
    story.works["The Letter"] = service.register(ada, request)


def _register_derivative(service: Service, story: Story, folder: Path, say: Callable[[str], None]) -> None:
    cleo = story.people["Cleo"]
    say("Cleo buys a licence to adapt the photograph, and one to adapt the text")
    permits = [service.buy(cleo, story.works[title]["work"], "adaptation") for title in ("Chelsea", "Netherfield Park")]
    story.licences += permits
    say("Cleo makes a poster of both and registers it as their derivative")
    poster = _poster(folder / "poster.png")
    tiers = [{"tier": "personal"}, {"tier": "commercial"}]
    request: Json = {
        "title": "Netherfield Cat",
        "description": "A poster made of a photograph and the opening of a novel.",
        "tiers": tiers,
        "permits": [permit["licence"] for permit in permits],
    }
    story.works["Netherfield Cat"] = service.register(cleo, request, poster)
    story.masters["Netherfield Cat"] = poster


def _sell(service: Service, story: Story, say: Callable[[str], None]) -> None:
    say("buyers take licences: each signs an order, the relayer submits it")
    sales = [
        ("Dora", "Chelsea", "personal"),
        ("Emil", "Netherfield Park", "commercial"),
        ("Fay", "The Letter", "personal"),
        ("Dora", "Netherfield Cat", "personal"),
        ("Emil", "Netherfield Cat", "commercial"),
        ("Fay", "Netherfield Cat", "personal"),
    ]
    for buyer, title, tier in sales:
        story.licences.append(service.buy(story.people[buyer], story.works[title]["work"], tier))


def _poster(path: Path) -> Path:
    """The photograph over the first lines of the text."""
    photograph = Image.open(PHOTOGRAPH).convert("RGB")
    lines = TEXT.read_text("utf-8").splitlines()[:8]
    page = Image.new("RGB", (photograph.width, photograph.height + 20 + 16 * len(lines)), "white")
    page.paste(photograph)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        draw.text((10, photograph.height + 10 + 16 * number), line, fill="black")
    page.save(path)
    return path
