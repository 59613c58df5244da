// EIP-712 digests by viem: reads [{domain, types, primaryType, message}, …] from standard input, writes their digests.
// Integers are strings, since JSON has no numbers of 256 bits.
import { readFileSync } from "node:fs";
import { hashTypedData } from "viem";

const structs = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(structs.map(hashTypedData)));
