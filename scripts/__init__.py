"""Tools around the product: the local stack, the compiler, ABIs, checks of this machine, and Brownie's own scripts."""
