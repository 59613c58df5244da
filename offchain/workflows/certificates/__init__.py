"""Licence certificates: what the chain says of a licence, as a document that can be signed, printed and checked.

    facts       read from the chain and its events
    credential  W3C Verifiable Credential 2.0 of the facts; its terms are an ODRL agreement (policy)
    proof       Data Integrity, `eddsa-jcs-2022`; the key is the service's own (keys)
    printing    one page with a QR code
    checking    a verdict on a certificate, against the chain as it is now

A certificate is a function of the chain alone: nothing is stored, and the same state gives the same bytes. It never
proves that a licence is live; it says how to ask. No JSON-LD context is ever fetched.
"""
