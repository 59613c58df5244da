"""Prompts in tokens: framed by the model's chat template where it has one, and refused where they cannot fit."""

from __future__ import annotations

from functools import lru_cache

from offchain.errors import InputError
from offchain.generation.provenance import encoded_prompt
from offchain.generation.text.model import TextModel, Tokenizer
from offchain.generation.text.params import TextParams

__all__ = ["prompt_tokens", "required"]


def required(prompt: str) -> bytes:
    """A prompt that says something, as UTF-8.

    Raises:
        InputError: `prompt-empty`, or `prompt-malformed`.
    """
    if not prompt.strip():
        raise InputError("prompt-empty", "the prompt is empty", "say what the text shall be about")
    return encoded_prompt(prompt)


def prompt_tokens(model: TextModel, prompt: str, params: TextParams) -> list[int]:
    """The tokens of `prompt` that leave room for the answer.

    Raises:
        InputError: `prompt-too-long`, with its tokens or characters and how many there may be; `template-unusable`.
    """
    limit = model.context - params.max_tokens
    most = model.context * _longest_token(model.tokenizer)
    if len(prompt) > most:  # no need to split megabytes in order to know
        raise _too_long(model, params, f"{len(prompt)} characters", characters=len(prompt), limit=most)
    tokens = _framed(model.tokenizer, prompt)
    if len(tokens) > limit:
        raise _too_long(model, params, f"{len(tokens)} tokens", tokens=len(tokens), limit=limit)
    return tokens


def _framed(tokenizer: Tokenizer, prompt: str) -> list[int]:
    if tokenizer.chat_template is None:
        plain: list[int] = tokenizer(prompt)["input_ids"]
        return plain
    said = [{"role": "user", "content": prompt}]
    try:
        told = tokenizer.apply_chat_template(said, add_generation_prompt=True, return_dict=True)
    except Exception as error:  # a template is a stranger's program, and fails as one
        raise InputError(
            "template-unusable",
            f"the model's chat template fails: {str(error)[:200]}",
            "take a model whose template accepts one message of a user",
        ) from error
    tokens: list[int] = told["input_ids"]
    return tokens


@lru_cache(maxsize=4)
def _longest_token(tokenizer: Tokenizer) -> int:
    return max(map(len, tokenizer.get_vocab()))


def _too_long(model: TextModel, params: TextParams, size: str, **facts: int) -> InputError:
    return InputError(
        "prompt-too-long",
        f"the prompt has {size} and the answer may have {params.max_tokens} tokens, "
        f"but {model.manifest.name} holds {model.context} together",
        "shorten the prompt or lower max_tokens",
        **facts,
    )
