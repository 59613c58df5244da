"""What goes in and out over HTTP.

Ids are `0x` and 64 hex digits, amounts decimal strings of minor units, currencies CAIP-19, accounts EIP-55, times Unix
seconds.
"""
