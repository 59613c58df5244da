"""What others would use: general solvers of linear programmes, each fed as fast as its interface allows, one thread.

Each takes the programme as arrays and returns its optimum; building the solver's model and solving it are timed apart.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Final

import numpy as np
from scipy.optimize import linprog as solve_linprog
from scipy.sparse import vstack

from tests.bench.pricing.linear import Linear

__all__ = ["ALTERNATIVES", "cpu_seconds", "loaded_highs"]


def cpu_seconds() -> float:
    """CPU seconds of this process and of those that it started and that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


Timed = tuple[float, float, float]
"""Optimum, CPU seconds for building, CPU seconds for solving."""


def linprog(programme: Linear, method: str = "highs") -> Timed:
    """scipy's linprog with sparse rows, which has no model to be built apart; `highs` leaves the method to HiGHS."""
    begun = cpu_seconds()
    equal = programme.low == programme.high
    above, below = ~equal & np.isfinite(programme.high), ~equal & np.isfinite(programme.low)
    upper = vstack([programme.matrix[above], -programme.matrix[below]], format="csc")
    limits = np.concatenate([programme.high[above], -programme.low[below]])
    both = programme.matrix[equal].tocsc()
    built = cpu_seconds()
    found: Any = solve_linprog(programme.cost, upper, limits, both, programme.high[equal], method=method)
    assert found.success, found.message
    return -found.fun, built - begun, cpu_seconds() - built


def highs_simplex(programme: Linear) -> Timed:
    """HiGHS by its own interface, dual simplex."""
    begun = cpu_seconds()
    highs = loaded_highs(programme)
    built = cpu_seconds()
    highs.run()
    return -highs.getInfo().objective_function_value, built - begun, cpu_seconds() - built


def loaded_highs(programme: Linear) -> Any:  # highspy has no types
    """A HiGHS that holds the programme, one thread, simplex, silent."""
    highspy: Any = import_module("highspy")
    columns = programme.matrix.tocsc()
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = columns.shape
    model.col_cost_ = programme.cost
    model.col_lower_, model.col_upper_ = np.zeros(model.num_col_), np.full(model.num_col_, np.inf)
    model.row_lower_, model.row_upper_ = programme.low, programme.high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = (
        columns.indptr,
        columns.indices,
        columns.data,
    )
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("solver", "simplex")
    highs.passModel(model)
    return highs


def glop(programme: Linear) -> Timed:
    """OR-Tools' GLOP, fed with the sparse matrix as a whole."""
    model_builder_helper: Any = import_module("ortools.linear_solver.python.model_builder_helper")
    begun = cpu_seconds()
    model = model_builder_helper.ModelBuilderHelper()
    size = len(programme.cost)
    bounds = np.zeros(size), np.full(size, np.inf)
    model.fill_model_from_sparse_data(*bounds, programme.cost, programme.low, programme.high, programme.matrix)
    solver = model_builder_helper.ModelSolverHelper("GLOP")
    built = cpu_seconds()
    solver.solve(model)
    assert solver.status() == model_builder_helper.SolveStatus.OPTIMAL, solver.status()
    return -solver.objective_value(), built - begun, cpu_seconds() - built


def pulp_cbc(programme: Linear) -> Timed:
    """PuLP with the CBC that it brings; its model is of Python objects, and travels to CBC as a file."""
    pulp: Any = import_module("pulp")
    begun = cpu_seconds()
    model = pulp.LpProblem("prices", pulp.LpMinimize)
    columns = [pulp.LpVariable(f"x{number}", 0) for number in range(len(programme.cost))]
    model.setObjective(pulp.LpAffineExpression(zip(columns, programme.cost.tolist(), strict=True)))
    matrix = programme.matrix
    index, values = matrix.indices.tolist(), matrix.data.tolist()
    for line, (low, high) in enumerate(zip(programme.low.tolist(), programme.high.tolist(), strict=True)):
        place = slice(matrix.indptr[line], matrix.indptr[line + 1])
        terms = pulp.LpAffineExpression(zip(map(columns.__getitem__, index[place]), values[place], strict=True))
        sense, right = (0, high) if low == high else (-1, high) if np.isfinite(high) else (1, low)
        model.addConstraint(pulp.LpConstraint(terms, sense, rhs=right))
    built = cpu_seconds()
    assert model.solve(pulp.PULP_CBC_CMD(msg=False)) == pulp.LpStatusOptimal
    return -pulp.value(model.objective), built - begun, cpu_seconds() - built


ALTERNATIVES: Final[dict[str, Callable[[Linear], Timed]]] = {
    "linprog": linprog,
    "linprog, interior point": partial(linprog, method="highs-ipm"),
    "PuLP/CBC": pulp_cbc,
    "OR-Tools GLOP": glop,
    "highspy simplex": highs_simplex,
}
