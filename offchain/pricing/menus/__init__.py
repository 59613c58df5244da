"""Menus and modes: one price list for all segments, and exclusives against the sales that they end.

MenuProblem ─ solve_menu ─► Menu      each segment takes what it is meant to take
BidProblem ─ advise ─► Advice         which exclusives to sell; from which price on, else keep non-exclusive
"""

from offchain.pricing.menus.advice import Advice, BidProblem, advice_to_json, advise, bids_from_json
from offchain.pricing.menus.exclusives import break_even, ended_revenue, present_value
from offchain.pricing.menus.menu import Choice, Menu, MenuCertificate, menu_fault, solve_menu
from offchain.pricing.menus.menu_json import menu_from_json, menu_to_json
from offchain.pricing.menus.problem import MenuProblem, MenuSegment, MenuTier
from offchain.pricing.menus.windows import Bid, Grants, choose_bids

__all__ = [
    "Advice",
    "Bid",
    "BidProblem",
    "Choice",
    "Grants",
    "Menu",
    "MenuCertificate",
    "MenuProblem",
    "MenuSegment",
    "MenuTier",
    "advice_to_json",
    "advise",
    "bids_from_json",
    "break_even",
    "choose_bids",
    "ended_revenue",
    "menu_fault",
    "menu_from_json",
    "menu_to_json",
    "present_value",
    "solve_menu",
]
