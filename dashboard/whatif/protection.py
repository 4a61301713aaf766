"""Layered protection of a patient: basic insurance, catastrophic, supplementary, medical assistance, charity, backstop.

The six layers "三重医保 + 三重救助" are Jiaozuo's [SEED 5]; its caps are published, the shares and deductibles are not. The editable
default ladder with the grade of every layer lies in the catalogue (``protection_ladder``).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.language import marked
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.money import cents, checked_amount, number, yuan


@dataclass(frozen=True)
class Layer:
    """One payer of the ladder.

    It pays ``amount`` (yuan) or ``share`` (0–1) of the eligible cost still unpaid above ``deductible``, at most ``cap`` (None = none).
    Either ``amount`` or ``share`` is given. With a ``trigger`` it pays only when what the patient still bears, ineligible cost
    included, has reached that sum; a trigger is not deducted.
    """

    name: str
    share: float | None = None
    amount: float | None = None
    deductible: float = 0.0
    cap: float | None = None
    trigger: float = 0.0

    def __post_init__(self) -> None:
        if (self.share is None) == (self.amount is None):
            raise ScenarioError(marked("“{name}”须在金额与比例中填写一项"), marked("定额支付填金额，按比例支付填比例"), name=self.name)
        if self.share is not None and not 0 <= self.share <= 1:
            raise ScenarioError(
                marked("“{name}”的支付比例 {share} 超出 0 到 1"), marked("请填写 0 到 1 之间的比例"), name=self.name, share=self.share
            )
        for value, what in self._amounts():
            if value is not None:
                checked_amount(value, what)

    def _amounts(self) -> tuple[tuple[float | None, str], ...]:
        return (
            (self.amount, marked("定额")),
            (self.deductible, marked("起付线")),
            (self.cap, marked("封顶线")),
            (self.trigger, marked("触发线")),
        )


@dataclass(frozen=True)
class LayerPayment:
    """What one layer did: the eligible cost it found unpaid, what it paid, what it left (yuan), and whether its cap bound."""

    name: str
    unpaid_before: float
    paid: float
    unpaid_after: float
    capped: bool


@dataclass(frozen=True)
class Reimbursement:
    """A case after all layers, yuan in whole cents: Σ paid + patient_eligible + patient_ineligible = total."""

    total: float
    eligible: float
    layers: tuple[LayerPayment, ...]
    paid: float
    patient_eligible: float
    patient_ineligible: float

    @property
    def patient(self) -> float:
        """All the patient pays, yuan."""
        return yuan(cents(self.patient_eligible) + cents(self.patient_ineligible))

    @property
    def paid_share(self) -> float | None:
        """Share of the total cost that the layers paid; None without cost."""
        return self.paid / self.total if self.total else None


_NUMBERS = {
    "share": marked("支付比例"),
    "amount": marked("定额"),
    "deductible": marked("起付线"),
    "cap": marked("封顶线"),
    "trigger": marked("触发线"),
}


def _as_layer(layer: Any) -> Layer:
    fields = tuple(Layer.__dataclass_fields__)
    if isinstance(layer, Layer):
        return layer
    if isinstance(layer, Mapping):
        unknown = [key for key in layer if key not in fields]
        if unknown:
            raise ScenarioError(
                marked("保障层有未知的字段：{names}"), marked("可用字段：{fields}"), names=listed(unknown), fields="、".join(fields)
            )
        values = dict(layer)
    else:
        values = {name: getattr(layer, name) for name in fields if hasattr(layer, name)}
    if not values.get("name"):
        raise ScenarioError(marked("保障层没有名称"), marked("请为每一层填写名称"))
    # An empty cell of an editor arrives as None or NaN: an optional number left blank takes its default; so does a cap without end.
    given = {key: number(values[key], name) for key, name in _NUMBERS.items() if values.get(key) is not None}
    blank = [key for key, value in given.items() if math.isnan(value) or (key == "cap" and value == math.inf)]
    return Layer(str(values["name"]), **{key: value for key, value in given.items() if key not in blank})


def _ladder(layers: Any) -> list[Layer]:
    rows = layers.to_dict("records") if isinstance(layers, pd.DataFrame) else layers
    ladder = [_as_layer(layer) for layer in rows]
    names = [layer.name for layer in ladder]
    if len(set(names)) != len(names):
        raise ScenarioError(marked("保障层名称重复：{names}"), marked("请为每一层使用不同的名称"), names=listed(names))
    return ladder


def layered_reimbursement(total: float, eligible: float, layers: Sequence[Layer | Mapping[str, Any] | Any] | pd.DataFrame) -> Reimbursement:
    """Return what each layer pays of one case, in the order of the ladder, and what is left to the patient.

    Args:
        total: all medical cost of the case, yuan.
        eligible: the part within the policy range (合规费用), yuan, at most ``total``.
        layers: ``Layer`` objects, mappings with the same fields, objects with those attributes, or a frame with those columns.

    Every payment is rounded to the cent and never exceeds the eligible cost still unpaid; ineligible cost stays with the patient.

    Raises:
        ScenarioError: eligible above total, negative money, a layer with both or neither of amount and share, doubled names.

    Golden [SEED 5], total 33,198.68, eligible 30,660.67: earlier layers 26,650.10 and a full backstop 4,010.57 leave 2,538.01.
    """
    total_cents = cents(checked_amount(total, marked("总费用")))
    unpaid = eligible_cents = cents(checked_amount(eligible, marked("合规费用")))
    if eligible_cents > total_cents:
        raise ScenarioError(marked("合规费用 {eligible} 高于总费用 {total}"), marked("请核对两项费用"), eligible=eligible, total=total)
    ladder = _ladder(layers)
    ineligible = total_cents - eligible_cents
    payments = []
    for layer in ladder:
        paid, capped = _payment(layer, unpaid, unpaid + ineligible)
        payments.append(LayerPayment(layer.name, yuan(unpaid), yuan(paid), yuan(unpaid - paid), capped))
        unpaid -= paid
    return Reimbursement(
        total=yuan(total_cents),
        eligible=yuan(eligible_cents),
        layers=tuple(payments),
        paid=yuan(eligible_cents - unpaid),
        patient_eligible=yuan(unpaid),
        patient_ineligible=yuan(ineligible),
    )


def _share_of(amount: Any, share: float) -> Any:
    """Return ``share`` of whole cents, a half cent rounded up; what only a binary fraction is below a half counts as one."""
    return np.floor(np.round(amount * share, 6) + 0.5)


def _payment(layer: Layer, unpaid: int, burden: int) -> tuple[int, bool]:
    """Return what ``layer`` pays of ``unpaid`` eligible cents, and whether its cap held it back."""
    above = max(0, unpaid - cents(layer.deductible))
    if burden < cents(layer.trigger):
        return 0, False
    wanted = min(above, cents(layer.amount)) if layer.amount is not None else min(above, int(_share_of(above, layer.share or 0.0)))
    if layer.cap is not None and wanted > cents(layer.cap):
        return cents(layer.cap), True
    return wanted, False


@dataclass(frozen=True)
class LayerTotal:
    """What one layer pays of all cases: yuan, cases it pays for, cases held back by its cap."""

    name: str
    paid: float
    cases: float
    capped: float


@dataclass(frozen=True, eq=False)
class CasesReimbursement:
    """The ladder over many cases, yuan. ``burden`` is what a patient pays of one case, by row of the cases, in their order."""

    cases: float
    total: float
    eligible: float
    layers: tuple[LayerTotal, ...]
    burden: np.ndarray

    @property
    def paid(self) -> float:
        """What all layers pay."""
        return round(sum(layer.paid for layer in self.layers), 2)

    @property
    def patient(self) -> float:
        """What all patients pay, ineligible cost included."""
        return round(self.total - self.paid, 2)

    @property
    def paid_share(self) -> float | None:
        """Share of the total cost that the layers paid; None without cost."""
        return self.paid / self.total if self.total else None


def reimbursement_of_cases(cases: pd.DataFrame, layers: Sequence[Layer | Mapping[str, Any] | Any] | pd.DataFrame) -> CasesReimbursement:
    """Apply the ladder to many cases at once: the same rules as ``layered_reimbursement``, on arrays.

    Args:
        cases: one row per kind of case: cases (how many alike), total and eligible (mean cost of one, yuan; eligible at most total).
        layers: see ``layered_reimbursement``.

    Each case is rounded to the cent before it is multiplied by how many there are.

    Raises:
        ScenarioError: missing columns, negative or missing numbers, eligible above total, and as ``layered_reimbursement``.
    """
    missing = [column for column in ("cases", "total", "eligible") if column not in cases.columns]
    if missing:
        raise ScenarioError(marked("病例表缺少列：{columns}"), marked("请补齐这些列"), columns=listed(missing))
    count, total, eligible = (
        pd.to_numeric(cases[column], errors="coerce").to_numpy(dtype=float) for column in ("cases", "total", "eligible")
    )
    whole = np.concatenate([count, total, eligible])
    if not np.isfinite(whole).all() or (whole < 0).any():
        raise ScenarioError(marked("病例表有缺失或负数"), marked("请核对病例数据"))
    total, unpaid = np.rint(total * 100), np.rint(eligible * 100)
    if (unpaid > total).any():
        raise ScenarioError(marked("有病例的合规费用高于总费用"), marked("请核对病例数据"))
    eligible_sum, ineligible, sums = float(count @ unpaid), total - unpaid, []
    for layer in _ladder(layers):
        above = np.maximum(0.0, unpaid - cents(layer.deductible))
        wanted = np.minimum(above, cents(layer.amount)) if layer.amount is not None else _share_of(above, layer.share or 0.0)
        wanted = np.where(unpaid + ineligible >= cents(layer.trigger), wanted, 0.0)
        paid = np.minimum(wanted, math.inf if layer.cap is None else cents(layer.cap))
        sums.append(LayerTotal(layer.name, float(count @ paid) / 100, float(count[paid > 0].sum()), float(count[wanted > paid].sum())))
        unpaid = unpaid - paid
    return CasesReimbursement(float(count.sum()), float(count @ total) / 100, eligible_sum / 100, tuple(sums), (unpaid + ineligible) / 100)
