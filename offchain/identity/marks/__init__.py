"""Marks: what a rendition carries so that it can be told where it comes from.

    manifest     a signed C2PA manifest: says everything, proves that nothing was changed, lost when re-encoded
    image        an invisible watermark: survives re-encoding and crops, names the work in 64 bits
    audio        the same for sound; soundtrack puts it into an MP3
    inspection   what a foreign file carries, parsed in a confined process
    authority    who signs manifests, and who is believed

A mark is proof of origin for honest users, not protection against a determined attacker: docs/decisions/0022.
"""
