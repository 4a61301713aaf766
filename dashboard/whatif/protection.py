"""Layered protection of a patient: basic insurance, catastrophic, supplementary, medical assistance, charity, backstop.

The six layers "三重医保 + 三重救助" are Jiaozuo's [SEED 5]; its caps are published, the shares and deductibles are not. The editable
default ladder with the grade of every layer lies in the catalogue (``protection_ladder``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.language import marked
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.money import cents, checked_amount, yuan


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
    # An empty cell of an editor arrives as None: an optional number left blank takes its default.
    return Layer(**{name: value for name, value in values.items() if value is not None})


def layered_reimbursement(total: float, eligible: float, layers: Sequence[Layer | Mapping[str, Any] | Any]) -> Reimbursement:
    """Return what each layer pays of one case, in the order of the ladder, and what is left to the patient.

    Args:
        total: all medical cost of the case, yuan.
        eligible: the part within the policy range (合规费用), yuan, at most ``total``.
        layers: ``Layer`` objects, mappings with the same fields, or objects with those attributes.

    Every payment is rounded to the cent and never exceeds the eligible cost still unpaid; ineligible cost stays with the patient.

    Raises:
        ScenarioError: eligible above total, negative money, a layer with both or neither of amount and share, doubled names.

    Golden [SEED 5], total 33,198.68, eligible 30,660.67: earlier layers 26,650.10 and a full backstop 4,010.57 leave 2,538.01.
    """
    total_cents = cents(checked_amount(total, marked("总费用")))
    unpaid = eligible_cents = cents(checked_amount(eligible, marked("合规费用")))
    if eligible_cents > total_cents:
        raise ScenarioError(marked("合规费用 {eligible} 高于总费用 {total}"), marked("请核对两项费用"), eligible=eligible, total=total)
    ladder = [_as_layer(layer) for layer in layers]
    names = [layer.name for layer in ladder]
    if len(set(names)) != len(names):
        raise ScenarioError(marked("保障层名称重复：{names}"), marked("请为每一层使用不同的名称"), names=listed(names))
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


def _payment(layer: Layer, unpaid: int, burden: int) -> tuple[int, bool]:
    """Return what ``layer`` pays of ``unpaid`` eligible cents, and whether its cap held it back."""
    above = max(0, unpaid - cents(layer.deductible))
    if burden < cents(layer.trigger):
        return 0, False
    wanted = min(above, cents(layer.amount)) if layer.amount is not None else min(above, cents(above / 100 * (layer.share or 0.0)))
    if layer.cap is not None and wanted > cents(layer.cap):
        return cents(layer.cap), True
    return wanted, False
