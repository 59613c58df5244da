"""Pictures in the manner of clip art: one call makes one of a class, others prove a record by making it again.

classes    what can be asked for                     making     generate, reproduce, replay
encoding   levels as PNG and back                    network    the model: a draft, and a GAN that finishes it
model      the shipped weights, loaded
clipart, drawing, dataset                            from the Open Clip Art Library to training pictures
sketching, augment, adversary, training              how the model is taught;  flow: what it is compared with
features, evaluation                                 how far its pictures are from real ones
"""

from __future__ import annotations

from offchain.generation.image.classes import CLASSES
from offchain.generation.image.encoding import MEDIA_TYPE
from offchain.generation.image.making import generate, generate_batch, replay, reproduce
from offchain.generation.image.params import ImageParams

__all__ = ["CLASSES", "MEDIA_TYPE", "ImageParams", "generate", "generate_batch", "replay", "reproduce"]
