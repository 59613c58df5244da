"""Small models that the tests save themselves: random weights, every byte a token."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

TEMPLATE = "{% for message in messages %}<{{ message.content }}>{% endfor %}"


def save_tokenizer(path: Path, template: str | None) -> None:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: number for number, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer)
    fast.chat_template = template
    fast.save_pretrained(path)


def tiny_llama() -> LlamaForCausalLM:
    """Four query heads share two key heads; the weights are wide enough that tokens differ."""
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=256,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        initializer_range=0.3,
        eos_token_id=None,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config).eval()


def tiny_gpt2() -> GPT2LMHeadModel:
    torch.manual_seed(2)
    config = GPT2Config(vocab_size=256, n_positions=96, n_embd=32, n_layer=2, n_head=4, initializer_range=0.3)
    config.eos_token_id = config.bos_token_id = None
    return GPT2LMHeadModel(config).eval()


@pytest.fixture
def llama_folder(tmp_path) -> Path:
    """A model of somebody else: no manifest of ours, with a chat template."""
    path = tmp_path / "small-llama"
    tiny_llama().save_pretrained(path)
    save_tokenizer(path, TEMPLATE)
    return path


@pytest.fixture
def gpt2_folder(tmp_path) -> Path:
    """A model of another architecture and without chat template."""
    path = tmp_path / "small-gpt2"
    tiny_gpt2().save_pretrained(path)
    save_tokenizer(path, None)
    return path


@pytest.fixture(scope="session")
def llama() -> LlamaForCausalLM:
    return tiny_llama()
