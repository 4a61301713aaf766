"""The rules of the import: code, severity and message of each, and the rules that one row can break.

Errors refuse the whole package; warnings load and are kept in ``meta_finding``. A message may use ``{fields}`` only in errors:
a warning is shown again later from what the database keeps of it (rule, file, line, column, value).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.language import marked

ERROR = "error"
WARNING = "warning"


@dataclass(frozen=True)
class Rule:
    """A rule that a package can break."""

    code: str
    severity: str
    message: str


def _rules(severity: str, **messages: str) -> dict[str, Rule]:
    return {code: Rule(code, severity, message) for code, message in messages.items()}


RULES: dict[str, Rule] = {
    **_rules(
        ERROR,
        # the package and its files
        unknown_file=marked("文件名不是已知的表名；相近的表：{known}。第二个文件请用双下划线后缀，例如 {example}"),
        file_in_folder=marked("文件放在文件夹“{folder}”里，请移到数据包的第一层"),
        doubled_file=marked("同一张表有多个文件；拆分的文件请加双下划线后缀，例如 {example}"),
        other_file=marked("不是数据文件，没有读取：请从数据包里移走；说明文字请存成 .txt，压缩包请先解压"),
        manifest_name=marked("说明文件要叫 package.yaml，放在数据包的第一层；请改名(Windows 里先显示文件扩展名)"),
        file_kind=marked("文件类型不支持：只接受 CSV 和 XLSX；内容是逗号分隔文本的请把后缀改为 .csv，其他请另存为 XLSX"),
        empty_file=marked("文件是空的，没有表头"),
        header_too_long=marked("前几行过长，不像表头；请检查换行，或另存为“CSV UTF-8”"),
        encoding=marked("编码既不是 UTF-8 也不是 GB18030，请另存为“CSV UTF-8”"),
        not_csv=marked("不是以逗号分隔的文本文件，请另存为 CSV"),
        not_workbook=marked("工作簿无法读取：文件损坏、带密码，或不是 XLSX"),
        no_header=marked("前 {rows} 行里没有这张表的任何列名；请把表头放在前 {rows} 行内，用模板中的列名，至少要有：{columns}"),
        header_in_two_rows=marked("表头占了两行(合并单元格)；请合并成一行，每列一个模板中的列名"),
        missing_column=marked("缺少必填列"),
        doubled_column=marked("列重复出现"),
        unknown_column=marked("未知的列；请使用模板中的列名，备注等多余的列请删除"),
        field_count=marked("这一行有 {found} 个字段，表头有 {expected} 个"),
        quotes=marked("引号不成对，从这一行起无法读取；请删去或补上这一行的引号"),
        huge_field=marked("单元格内容过长，无法读取"),
        control_character=marked("含有看不见的字符(控制字符、零宽字符或方向符)，请删除后重新填写"),
        formula=marked("单元格是公式，请粘贴为数值"),
        cell_error=marked("单元格是 Excel 错误值"),
        # one cell
        missing=marked("必填，不能为空"),
        type_month=marked("不是月份；请写成 2025-10"),
        type_quarter=marked("不是季度；请写成 2025Q3 或季度第一天"),
        type_date=marked("不是日期；请写成 2025-10-01"),
        type_year=marked("不是年份；请写成 2025"),
        type_integer=marked("不是整数；只写数字，不写单位，没有数据就留空(不写“-”“无”)"),
        type_decimal=marked("不是数字；只写数字，不写单位，没有数据就留空(不写“-”“无”)"),
        type_float=marked("不是数字；只写数字，不写单位，没有数据就留空(不写“-”“无”)"),
        number_shortened=marked("像是 Excel 用科学计数显示的数，后面的位数没有了；请把这一列设为数值格式，重新另存"),
        type_boolean=marked("不是“是”或“否”"),
        decimal_places=marked("小数位数过多，最多 {scale} 位"),
        too_large=marked("数值过大"),
        too_long=marked("文字过长，最多 {length} 个字"),
        not_first_day=marked("月份必须是当月第一天；请写成 2025-10"),
        not_quarter_start=marked("季度必须是季度第一天(1、4、7、10月1日)"),
        quarter_unclear=marked("看不出是第几季度还是几月；请写成 2025Q4 或季度第一天 2025-10-01"),
        month_as_number=marked("像是被 Excel 当作小数的月份(2025.1 是 1 月还是 10 月？)，请把这一列设为文本，写成 2025-10"),
        date_serial=marked("像是 Excel 的日期序号，请把单元格设为日期格式，或写成 2025-10"),
        code_changed=marked("代码已被 Excel 改写(科学计数、日期、小数或丢了前导零)，请把这一列设为文本后重新填写"),
        code_without_zeros=marked("与另一个代码只差前导零({other})，多半是被 Excel 去掉了；请把这一列设为文本后重新填写"),
        reversal=marked("冲红(负数)不能单独成行：请并入原结算月、同一镇街、险种、机构和病组，报净额"),
        future=marked("期间在未来"),
        before_limit=marked("期间早于 2000 年，请核对年份"),
        unknown_code=marked("未知的代码；可用：{known}"),
        negative=marked("不能为负数；冲销、退费、退货请并入原来的期间，报净额"),
        out_of_range=marked("超出允许范围 {range}"),
        # one row
        part_over_whole=marked("{part}大于{whole}"),
        population_zero=marked("人口不能为 0"),
        discharges_without_bed_days=marked("有出院人数，但实际占用总床日数为 0"),
        to_itself=marked("不能指向机构自己：{first}与{second}相同"),
        hours_over_available=marked("实际工作机时大于额定可用机时"),
        hours_over_calendar=marked("额定可用机时超过当月全部小时数"),
        paid_over_total=marked("基金支付与个人支付之和超过总费用(容差 1 元或 0.1%)"),
        lead_without_community=marked("牵头医院必须填写所属医共体"),
        member_without_community=marked("成员单位必须填写所属医共体"),
        closed_before_opened=marked("关闭日期早于开业日期"),
        ends_before_start=marked("结束日期早于开始日期"),
        # across rows and tables
        duplicate_key=marked("主键重复：与 {other} 第 {other_line} 行相同"),
        unknown_reference=marked("在{target}中找不到这个代码(本数据包和数据库中都没有)"),
        reporters_vanish=marked(
            "这个期间多半的上报单位会消失(期间 · 消失/原有)：只更正其中几家请加 --scope reporter，"
            "确要整月替换请加 --scope month(或写在 package.yaml 的 scope)"
        ),
        period_locked=marked("这个月份已审定并锁定(上报单位 · 期间)：请从数据包删去这些行，或由县级在“审核与锁定”说明理由解锁后再载入"),
        locked_vanishes=marked(
            "整期替换会删去已审定并锁定的上报(上报单位 · 期间)：请加 --scope reporter 只替换数据包里有的单位，或由县级说明理由解锁"
        ),
        other_county=marked("属于另一个县({other})：一个数据包只载入一个县，代码在各县之间不能重复；请删去这些行，由那个县的数据包报送"),
        county_missing=marked("数据库里有几个县，看不出这一行属于哪个县：请填写县代码，或在数据包里放只有一行的 dim_county"),
        several_counties=marked("数据包里有几个县的数据({other})：请分县载入"),
        parents_too_deep=marked("上级关系过深，最多 {limit} 级"),
        circular_parent=marked("上级关系成环"),
        account_not_leaf=marked("科目有下级科目，只有末级科目可以填金额"),
    ),
    **_rules(
        WARNING,
        code_cleaned=marked("代码里有看不见的字符、全角字符或文本标记，已按去掉以后的写法载入"),
        header_below=marked("表头不在第一行，上面的行没有读取"),
        sheet_not_read=marked("这张工作表没有读取：不是本表的内容，或是隐藏的工作表"),
        empty_table=marked("只有表头没有数据，本表保持不变"),
        beds_over_open=marked("实际占用床日大于开放床日(加床)，请核对"),
        discharged_bed_days_zero=marked("有出院人数，但出院者占用总床日数为 0，请核对"),
        paid_under_total=marked("基金支付与个人支付之和比总费用少 10% 以上，请核对是否有其他支付方"),
        reports_over_requests=marked("出具报告数大于申请例数，请核对"),
        fulfilled_over_contracted=marked("已完成服务包人数大于有效签约人数，请核对"),
        managed_over_eligible=marked("已管理人数大于应管理人数，请核对"),
        coordinate_incomplete=marked("经度、纬度只填了一个"),
        coordinate_far=marked("坐标不在中国境内，请核对经度与纬度是否颠倒"),
        foreign_community=marked("县域外机构填写了所属医共体，请核对"),
        town_without_population=marked("镇街没有任何年度的人口数据，人均指标将缺失"),
        reporter_missing=marked("原来有数据，本次替换后没有数据(对象 · 期间)"),
        history_restated=marked("这些对象的归属或属性改变(个数 · 代码)，历史月份将按新的归属和属性重新计算"),
        far_from_history=marked("与自身其他月份差异过大(对象 · 月份 · 本月值 · 各月中位数)，请核对"),
    ),
}


@dataclass(frozen=True)
class RowRule:
    """A rule about one row: ``broken`` gets the typed chunk (missing numbers are NaN) and says which rows break it."""

    code: str
    column: str
    needs: tuple[str, ...]
    broken: Callable[[pd.DataFrame], pd.Series]
    shown: tuple[str, ...] = ()


def _part(part: str, whole: str, code: str = "part_over_whole") -> RowRule:
    return RowRule(code, part, (part, whole), lambda frame: frame[part] > frame[whole], shown=(part, whole))


def _part_of_some(part: str, whole: str) -> RowRule:
    """A part of a whole that must not be zero, which is a rule of its own."""
    return RowRule(
        "part_over_whole", part, (part, whole), lambda frame: (frame[part] > frame[whole]) & (frame[whole] > 0), shown=(part, whole)
    )


def _blank(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame[column].isna()


def _calendar_hours(months: pd.Series) -> pd.Series:
    return months.dt.days_in_month * 24.0


def _paid_over(frame: pd.DataFrame) -> pd.Series:
    tolerance = np.maximum(1.0, frame["total_cost"] * 0.001)
    return frame["fund_paid"] + frame["patient_paid"] > frame["total_cost"] + tolerance


def _paid_under(frame: pd.DataFrame) -> pd.Series:
    return (frame["fund_paid"] + frame["patient_paid"] < frame["total_cost"] * 0.9 - 1.0) & (frame["total_cost"] > 0)


def _far(frame: pd.DataFrame) -> pd.Series:
    inside = frame["longitude"].between(73, 136) & frame["latitude"].between(3, 54)
    return ~inside & frame["longitude"].notna() & frame["latitude"].notna()


_COORDINATE_RULES = (
    RowRule(
        "coordinate_incomplete",
        "longitude",
        ("longitude", "latitude"),
        lambda frame: _blank(frame, "longitude") != _blank(frame, "latitude"),
        shown=("longitude", "latitude"),
    ),
    RowRule("coordinate_far", "longitude", ("longitude", "latitude"), _far, shown=("longitude", "latitude")),
)

ROW_RULES: dict[str, tuple[RowRule, ...]] = {
    "dim_town": _COORDINATE_RULES,
    "dim_institution": (
        *_COORDINATE_RULES,
        RowRule(
            "lead_without_community",
            "community_code",
            ("role", "community_code"),
            lambda frame: (frame["role"] == "lead") & _blank(frame, "community_code"),
        ),
        RowRule(
            "member_without_community",
            "community_code",
            ("role", "community_code"),
            lambda frame: (frame["role"] == "member") & _blank(frame, "community_code"),
        ),
        RowRule(
            "closed_before_opened",
            "closed_on",
            ("opened_on", "closed_on"),
            lambda frame: frame["closed_on"] < frame["opened_on"],
            shown=("closed_on", "opened_on"),
        ),
        RowRule(
            "foreign_community",
            "community_code",
            ("in_county", "community_code"),
            lambda frame: (frame["in_county"] == 0) & ~_blank(frame, "community_code"),
            shown=("community_code",),
        ),
    ),
    "fact_population": (
        RowRule("population_zero", "resident", ("resident",), lambda frame: frame["resident"] == 0, shown=("resident",)),
        *(_part_of_some(part, "resident") for part in ("age_0_6", "age_65_over", "key_groups")),
    ),
    "fact_outpatient": tuple(
        _part(part, "visits")
        for part in ("emergency_visits", "appointment_visits", "referral_visits", "tcm_visits", "chronic_visits", "infusion_visits")
    ),
    "fact_bed": (
        RowRule(
            "discharges_without_bed_days",
            "occupied_bed_days",
            ("discharges", "occupied_bed_days"),
            lambda frame: (frame["discharges"] > 0) & (frame["occupied_bed_days"] == 0),
            shown=("occupied_bed_days",),
        ),
        RowRule(
            "discharged_bed_days_zero",
            "discharged_bed_days",
            ("discharges", "discharged_bed_days", "occupied_bed_days"),
            lambda frame: (frame["discharges"] > 0) & (frame["discharged_bed_days"] == 0) & (frame["occupied_bed_days"] > 0),
            shown=("discharged_bed_days",),
        ),
        _part("occupied_bed_days", "open_bed_days", "beds_over_open"),
    ),
    "fact_inpatient_quality": (
        *(_part(part, "operations") for part in ("grade3_operations", "grade4_operations")),
        _part("low_risk_deaths", "low_risk_cases"),
        _part("low_risk_deaths", "deaths"),
        _part("rescued", "rescues"),
    ),
    "fact_discharge_group": (
        *(_part(part, "cases") for part in ("deaths", "readmissions", "low_ratio_cases", "high_ratio_cases", "above_line_cases")),
        _part("split_stays", "cases"),
        _part("below_line_cases", "low_ratio_cases"),
    ),
    "dim_event": (
        RowRule(
            "ends_before_start",
            "ends_on",
            ("starts_on", "ends_on"),
            lambda frame: frame["ends_on"] < frame["starts_on"],
            shown=("ends_on", "starts_on"),
        ),
    ),
    "dim_drug_list": (
        RowRule(
            "ends_before_start",
            "valid_to",
            ("valid_from", "valid_to"),
            lambda frame: frame["valid_to"] < frame["valid_from"],
            shown=("valid_to", "valid_from"),
        ),
    ),
    "fact_equipment_use": (
        _part("working_hours", "available_hours", "hours_over_available"),
        RowRule(
            "hours_over_calendar",
            "available_hours",
            ("available_hours", "month"),
            lambda frame: frame["available_hours"] > _calendar_hours(frame["month"]),
            shown=("available_hours",),
        ),
        _part("positives", "examinations"),
    ),
    "fact_shared_service": (_part("reports", "requests", "reports_over_requests"),),
    "fact_referral": tuple(_part(part, "cases") for part in ("platform_cases", "closed_cases", "rehabilitation_cases")),
    "fact_claim": (
        _part("eligible_cost", "total_cost"),
        _part("fund_paid", "total_cost"),
        RowRule(
            "paid_over_total",
            "patient_paid",
            ("fund_paid", "patient_paid", "total_cost"),
            lambda frame: _paid_over(frame) & (frame["fund_paid"] <= frame["total_cost"]),
            shown=("fund_paid", "patient_paid", "total_cost"),
        ),
        RowRule(
            "paid_under_total",
            "patient_paid",
            ("fund_paid", "patient_paid", "total_cost"),
            _paid_under,
            shown=("fund_paid", "patient_paid", "total_cost"),
        ),
    ),
    "fact_posting": (_part("qualified_people", "people"),),
    "fact_contract_use": (
        _part("own_visits", "visits"),
        _part("primary_first_visits", "first_visits"),
        _part("first_visits", "visits"),
        _part("chronic_visits", "visits"),
        _part("lead_chronic_visits", "chronic_visits"),
    ),
    "fact_contract": (
        RowRule("population_zero", "population", ("population",), lambda frame: frame["population"] == 0, shown=("population",)),
        _part_of_some("contracted", "population"),
        _part("renewed", "due"),
        _part("fulfilled", "contracted", "fulfilled_over_contracted"),
    ),
    "fact_public_health": (
        _part("managed", "eligible", "managed_over_eligible"),
        _part("managed_to_standard", "managed"),
        _part("controlled", "managed"),
    ),
    "fact_survey": (_part("satisfied", "surveyed"),),
    "fact_drug_supply": (_part_of_some("paid_on_time", "due"),),
    "fact_prescription_review": (_part("unreasonable", "reviewed"), _part_of_some("intervened", "unreasonable")),
}
