"""The HTTP API: the only room that knows HTTP.

Nobody signs in yet: every change of state is authorised by a wallet signature inside the request, which the contracts
check too. The service's own keys pay gas and sign quotes inside mandates; they can move nobody's money.
"""
