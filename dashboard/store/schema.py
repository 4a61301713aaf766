"""The reporting database as declared SQLAlchemy Core tables: the contract with the county.

Money is yuan as ``Numeric(18, 2)``, counts are integers, rates are never stored. A month is its first day.
Every table and column carries a Chinese comment of the form ``标签`` or ``标签：说明``; the label (before the colon)
is what templates, findings and pages call it. Nothing is reflected: DuckDB cannot be (``docs/decisions``).

``Column.info`` holds what a database cannot: ``codes`` (the code list of ``codes.py``), ``measure`` (True for an additive
quantity), ``optional`` (True when a file may leave the column out; its default is then stored).
``Table.info`` holds ``file`` (True when a county supplies it), ``period`` (the column that a correction replaces) and
``reporter`` (the column that says who reports, for completeness) and ``scope`` (the rule that says whose rows they are, ``scope.py``;
a table without one is open to every reader).
"""

from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.schema import SchemaItem

from dashboard.store import codes as code_lists
from dashboard.store.codes import Label
from dashboard.store.scope import CLAIMS, CONDUCT, FINANCE, INSTITUTIONS, TOWNS, Rule, by, by_either, county_only, open_in

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

CODE = String(64)
NAME = String(200)
MONEY = Numeric(18, 2)


def _code(name: str, comment: str, codes: Mapping[str, Label], *, default: str | None = None, key: bool = False) -> Column:
    """A column that holds one of a code list; ``default`` makes it optional in files."""
    allowed = ", ".join(f"'{code}'" for code in codes)
    return Column(
        name,
        CODE,
        CheckConstraint(f"{name} IN ({allowed})", name=f"{name}_known"),
        nullable=False,
        server_default=text(f"'{default}'") if default is not None else None,
        comment=comment,
        info={"codes": codes, "optional": default is not None, "default": default, "key": key},
    )


def _reference(name: str, target: str, comment: str, *, nullable: bool = False) -> Column:
    return Column(name, CODE, ForeignKey(target), nullable=nullable, comment=comment, info={"optional": nullable})


def _county(comment: str) -> Column:
    """The county that a row belongs to; a file may leave it out while the database, or the package, has one county."""
    return _reference("county_code", "dim_county.county_code", comment, nullable=True)


def _count(name: str, comment: str, *, nullable: bool = False) -> Column:
    """A non-negative whole number that adds up. Nullable means the county may not collect it."""
    return Column(
        name,
        BigInteger,
        CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative"),
        nullable=nullable,
        comment=comment,
        info={"measure": True, "optional": nullable},
    )


def _money(name: str, comment: str, *, nullable: bool = False, signed: bool = False) -> Column:
    checks = () if signed else (CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative"),)
    return Column(name, MONEY, *checks, nullable=nullable, comment=comment, info={"measure": True, "optional": nullable, "signed": signed})


def _number(name: str, comment: str, precision: int, scale: int, *, nullable: bool = False) -> Column:
    return Column(
        name,
        Numeric(precision, scale),
        CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative"),
        nullable=nullable,
        comment=comment,
        info={"measure": True, "optional": nullable},
    )


def _name(name: str, comment: str, *, nullable: bool = False) -> Column:
    return Column(name, NAME, nullable=nullable, comment=comment, info={"optional": nullable})


def _month(name: str = "month", comment: str = "月份：当月第一天") -> Column:
    return Column(
        name,
        Date,
        CheckConstraint(f"EXTRACT(DAY FROM {name}) = 1", name=f"{name}_first_day"),
        nullable=False,
        comment=comment,
    )


def _quarter() -> Column:
    return Column(
        "quarter",
        Date,
        CheckConstraint("EXTRACT(DAY FROM quarter) = 1 AND EXTRACT(MONTH FROM quarter) IN (1, 4, 7, 10)", name="quarter_first_day"),
        nullable=False,
        comment="季度：季度第一天",
    )


def _year() -> Column:
    return Column("year", Integer, CheckConstraint("year BETWEEN 1990 AND 2100", name="year_plausible"), nullable=False, comment="年度")


def _coordinates() -> tuple[Column, Column]:
    return (
        Column(
            "longitude",
            Float,
            CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_range"),
            comment="经度：WGS-84，导入时按包内坐标系换算一次",
            info={"optional": True},
        ),
        Column(
            "latitude",
            Float,
            CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_range"),
            comment="纬度：WGS-84，导入时按包内坐标系换算一次",
            info={"optional": True},
        ),
    )


def _fact(name: str, comment: str, *columns: SchemaItem, keys: tuple[str, ...], period: str, reporter: str | None, scope: Rule) -> Table:
    return Table(
        name,
        metadata,
        *columns,
        PrimaryKeyConstraint(*keys),
        comment=comment,
        info={"file": True, "period": period, "reporter": reporter, "scope": scope},
    )


# Dimensions ------------------------------------------------------------------------------------------------------------

dim_county = Table(
    "dim_county",
    metadata,
    Column("county_code", CODE, primary_key=True, comment="县(市、区)代码"),
    _name("name", "县(市、区)名称"),
    _name("short_name", "简称", nullable=True),
    _name("prefecture", "所属设区市", nullable=True),
    _name("province", "所属省份", nullable=True),
    _name("boundary_version", "边界版本：行政区划所依据的年份或说明", nullable=True),
    comment="县(市、区)：一般一个库一行，全市的库每县一行",
    info={"file": True, "scope": open_in()},
)

dim_community = Table(
    "dim_community",
    metadata,
    Column("community_code", CODE, primary_key=True, comment="医共体代码"),
    _name("name", "医共体名称"),
    _name("short_name", "医共体简称"),
    Column("display_order", Integer, nullable=False, comment="显示顺序：也决定固定配色"),
    _county("所属县(市、区)：只有一个县时可不填"),
    comment="医共体",
    info={"file": True, "scope": open_in()},
)

dim_town = Table(
    "dim_town",
    metadata,
    Column("town_code", CODE, primary_key=True, comment="镇街代码"),
    _name("name", "镇街名称"),
    _reference("community_code", "dim_community.community_code", "责任医共体", nullable=True),
    Column(
        "area_km2",
        Numeric(12, 3),
        CheckConstraint("area_km2 > 0", name="area_positive"),
        comment="面积：平方公里",
        info={"optional": True},
    ),
    *_coordinates(),
    _county("所属县(市、区)：只有一个县时可不填"),
    comment="镇街：乡镇、街道",
    info={"file": True, "scope": TOWNS},
)

dim_institution = Table(
    "dim_institution",
    metadata,
    Column("institution_code", CODE, primary_key=True, comment="机构代码"),
    _name("name", "机构名称"),
    _name("short_name", "机构简称", nullable=True),
    _code("kind", "机构类别", code_lists.INSTITUTION_KIND),
    _code("tier", "等级(级)", code_lists.INSTITUTION_TIER, default="ungraded"),
    _code("grade", "等级(等)", code_lists.INSTITUTION_GRADE, default="none"),
    _code("role", "医共体内角色", code_lists.INSTITUTION_ROLE, default="none"),
    _reference("community_code", "dim_community.community_code", "所属医共体", nullable=True),
    _reference("town_code", "dim_town.town_code", "所在镇街", nullable=True),
    Column(
        "parent_institution_code",
        CODE,
        ForeignKey("dim_institution.institution_code"),
        comment="上级机构：站点所属的中心",
        info={"optional": True},
    ),
    Column("in_county", Boolean, nullable=False, comment="县域内机构：县域外就诊机构填否"),
    Column(
        "in_province", Boolean, nullable=False, server_default=text("true"), comment="省内机构", info={"optional": True, "default": True}
    ),
    Column(
        "in_alliance",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="医联体合作医院：精准转诊的接收医院",
        info={"optional": True, "default": False},
    ),
    _code("capability_level", "能力标准：县医院推荐标准或优质服务基层行", code_lists.CAPABILITY_LEVEL, default="none"),
    *_coordinates(),
    Column("opened_on", Date, comment="开业日期", info={"optional": True}),
    Column("closed_on", Date, comment="关闭日期", info={"optional": True}),
    _county("所属县(市、区)：只有一个县时可不填，县域外机构不填"),
    CheckConstraint("closed_on IS NULL OR opened_on IS NULL OR closed_on >= opened_on", name="closed_after_opened"),
    comment="医疗卫生机构：含县域外就诊机构",
    info={"file": True, "scope": INSTITUTIONS},
)

dim_department = Table(
    "dim_department",
    metadata,
    Column("department_code", CODE, primary_key=True, comment="科室代码"),
    _name("name", "科室名称"),
    _code("kind", "科室类别", code_lists.DEPARTMENT_KIND, default="other"),
    comment="科室：全县统一代码",
    info={"file": True},
)

dim_disease_group = Table(
    "dim_disease_group",
    metadata,
    Column("disease_group_code", CODE, primary_key=True, comment="病组代码：DRG代码，门诊可用统一代码"),
    _name("name", "病组名称"),
    _name("mdc", "主要诊断大类", nullable=True),
    _name("core_group", "核心病组：只按合并症和并发症分级的病组共用(ADRG)", nullable=True),
    _code("kind", "病组类别", code_lists.DISEASE_GROUP_KIND, default="medical"),
    _number("base_points", "基准点数", 14, 4, nullable=True),
    _number("case_weight", "病例权重", 10, 4, nullable=True),
    Column(
        "primary_capable",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="基层可诊治",
        info={"optional": True, "default": False},
    ),
    Column(
        "county_capable",
        Boolean,
        nullable=False,
        server_default=text("true"),
        comment="县级可诊治",
        info={"optional": True, "default": True},
    ),
    Column(
        "low_risk", Boolean, nullable=False, server_default=text("false"), comment="低风险组", info={"optional": True, "default": False}
    ),
    comment="病组",
    info={"file": True},
)

dim_equipment_type = Table(
    "dim_equipment_type",
    metadata,
    Column("equipment_type_code", CODE, primary_key=True, comment="设备类别代码"),
    _name("name", "设备类别名称"),
    Column("is_large", Boolean, nullable=False, comment="大型医用设备"),
    Column(
        "positive_rate_reference",
        Numeric(5, 4),
        CheckConstraint("positive_rate_reference BETWEEN 0 AND 1", name="reference_share"),
        comment="检查阳性率参考值：0-1",
        info={"optional": True},
    ),
    comment="设备类别",
    info={"file": True},
)

dim_equipment = Table(
    "dim_equipment",
    metadata,
    Column("equipment_code", CODE, primary_key=True, comment="设备编号"),
    _name("name", "设备名称"),
    _reference("equipment_type_code", "dim_equipment_type.equipment_type_code", "设备类别"),
    _reference("institution_code", "dim_institution.institution_code", "所属机构"),
    _money("purchase_value", "购置价：元", nullable=True),
    Column("purchased_on", Date, comment="购置日期", info={"optional": True}),
    Column("retired_on", Date, comment="报废日期", info={"optional": True}),
    comment="设备：万元以上",
    info={"file": True, "scope": by("institution_code")},
)

dim_account = Table(
    "dim_account",
    metadata,
    Column("account_code", CODE, primary_key=True, comment="科目代码"),
    _name("name", "科目名称"),
    Column("parent_account_code", CODE, ForeignKey("dim_account.account_code"), comment="上级科目", info={"optional": True}),
    _code("side", "科目方向", code_lists.ACCOUNT_SIDE),
    _code("setting", "门诊住院", code_lists.ACCOUNT_SETTING, default="none"),
    _code("item", "科目性质：指标按性质归集，不按科目代码", code_lists.ACCOUNT_ITEM, default="other"),
    comment="会计科目：收支科目树，只有末级科目有金额",
    info={"file": True},
)

dim_service_item = Table(
    "dim_service_item",
    metadata,
    Column("service_item_code", CODE, primary_key=True, comment="服务项目代码"),
    _name("name", "服务项目名称"),
    _name("unit", "计量单位"),
    _code("kind", "项目类别", code_lists.SERVICE_ITEM_KIND),
    _number("standard_equivalent", "标化当量：县级可调参数", 12, 4),
    comment="服务项目与标化当量",
    info={"file": True},
)

dim_travel_time = Table(
    "dim_travel_time",
    metadata,
    _reference("town_code", "dim_town.town_code", "出发镇街"),
    _reference("institution_code", "dim_institution.institution_code", "到达机构"),
    _number("minutes", "出行时间：分钟", 10, 2),
    PrimaryKeyConstraint("town_code", "institution_code"),
    comment="出行时间：可选，缺则按直线距离估算",
    info={"file": True, "scope": open_in("town_code", "town")},
)

dim_event = Table(
    "dim_event",
    metadata,
    Column("event_code", CODE, primary_key=True, comment="事件代码"),
    Column("reform_code", CODE, comment="改革代码：分批推开的同一项改革用同一代码", info={"optional": True}),
    _name("title", "事件名称"),
    _code("kind", "事件类别", code_lists.EVENT_KIND, default="other"),
    Column("starts_on", Date, nullable=False, comment="开始日期"),
    Column("ends_on", Date, comment="结束日期：持续至今的不填", info={"optional": True}),
    _reference("community_code", "dim_community.community_code", "只涉及的医共体：全县的不填", nullable=True),
    _reference("institution_code", "dim_institution.institution_code", "只涉及的机构", nullable=True),
    _name("source", "依据", nullable=True),
    _county("只涉及的县(市、区)：只有一个县时可不填"),
    CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
    comment="改革与事件日历：可选",
    info={"file": True, "scope": open_in(place="county or all")},
)

dim_drug_class = Table(
    "dim_drug_class",
    metadata,
    Column("drug_class_code", CODE, primary_key=True, comment="药品类别代码"),
    _name("name", "药品类别名称"),
    comment="药品类别：可选",
    info={"file": True},
)

dim_drug_list = Table(
    "dim_drug_list",
    metadata,
    _reference("drug_class_code", "dim_drug_class.drug_class_code", "药品类别"),
    _code("list_kind", "目录", code_lists.DRUG_LIST, key=True),
    Column("list_version", CODE, nullable=False, comment="目录版本：如 2025-1"),
    Column("valid_from", Date, nullable=False, comment="生效日期"),
    Column("valid_to", Date, comment="失效日期：在用的不填；换目录时旧目录照留", info={"optional": True}),
    PrimaryKeyConstraint("drug_class_code", "list_kind", "list_version"),
    CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_to_after_from"),
    comment="药品目录：类别 × 目录 × 版本，可选",
    info={"file": True},
)

# Facts -----------------------------------------------------------------------------------------------------------------

fact_population = _fact(
    "fact_population",
    "人口年报：镇街 × 年",
    _reference("town_code", "dim_town.town_code", "镇街"),
    _year(),
    _count("registered", "户籍人口"),
    _count("resident", "常住人口"),
    _count("age_0_6", "0-6岁人口", nullable=True),
    _count("age_65_over", "65岁及以上人口", nullable=True),
    _count("key_groups", "重点人群人数：去重", nullable=True),
    _count("insured_employee", "职工医保参保人数", nullable=True),
    _count("insured_resident", "居民医保参保人数", nullable=True),
    keys=("town_code", "year"),
    period="year",
    reporter="town_code",
    scope=by("town_code", "town"),
)

fact_outpatient = _fact(
    "fact_outpatient",
    "门急诊月报：机构 × 月",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _month(),
    _count("visits", "总诊疗人次：含急诊"),
    _count("emergency_visits", "急诊人次", nullable=True),
    _count("appointment_visits", "预约诊疗人次", nullable=True),
    _count("referral_visits", "转诊就诊人次", nullable=True),
    _count("tcm_visits", "中医诊疗人次", nullable=True),
    _count("chronic_visits", "慢病诊疗人次", nullable=True),
    _count("infusion_visits", "静脉输液诊疗人次：一次就诊有静脉输液计一次，不计输液次数", nullable=True),
    keys=("institution_code", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_bed = _fact(
    "fact_bed",
    "床位月报：机构 × 科室 × 月",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _reference("department_code", "dim_department.department_code", "科室"),
    _month(),
    _count("approved_beds", "核定床位数：张", nullable=True),
    _count("open_bed_days", "实际开放总床日数"),
    _count("occupied_bed_days", "实际占用总床日数：可大于开放床日(加床)"),
    _count("admissions", "入院人数", nullable=True),
    _count("discharges", "出院人数", nullable=True),
    _count("discharged_bed_days", "出院者占用总床日数", nullable=True),
    keys=("institution_code", "department_code", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_inpatient_quality = _fact(
    "fact_inpatient_quality",
    "住院质量月报：机构 × 月",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _month(),
    _count("grouped_cases", "DRG入组病例数", nullable=True),
    _number("case_weight_sum", "病例权重之和", 18, 4, nullable=True),
    _count("surgical_discharges", "手术出院人数", nullable=True),
    _count("operations", "出院患者手术台次", nullable=True),
    _count("grade3_operations", "三级手术台次", nullable=True),
    _count("grade4_operations", "四级手术台次", nullable=True),
    _count("low_risk_cases", "低风险组病例数", nullable=True),
    _count("low_risk_deaths", "低风险组死亡数", nullable=True),
    _count("deaths", "住院死亡人数", nullable=True),
    _count("readmissions", "非计划再入院人数", nullable=True),
    _count("infections", "医院感染例次", nullable=True),
    _count("diagnosis_matched", "入出院诊断符合例数", nullable=True),
    _count("diagnosed_in_three_days", "入院三日内确诊例数", nullable=True),
    _count("rescues", "抢救例次", nullable=True),
    _count("rescued", "抢救成功例次", nullable=True),
    _count("improved", "治愈好转例数", nullable=True),
    _count("falls", "住院患者跌倒例次", nullable=True),
    _count("pressure_ulcers", "院内二期以上压疮例次", nullable=True),
    _count("long_stays", "住院超过30天例数", nullable=True),
    _number("antibiotic_ddds", "抗菌药物消耗量：累计DDD数", 18, 2, nullable=True),
    _count("pathway_cases", "临床路径管理病例数：当月出院的病例", nullable=True),
    keys=("institution_code", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_discharge_group = _fact(
    "fact_discharge_group",
    "出院病组月报：机构 × 科室 × 病组 × 月，取自病案首页，全部出院患者",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _reference("department_code", "dim_department.department_code", "出院科室"),
    _reference("disease_group_code", "dim_disease_group.disease_group_code", "病组"),
    _month(),
    _count("cases", "出院例数"),
    _count("bed_days", "住院天数", nullable=True),
    _count("deaths", "死亡例数", nullable=True),
    _count("readmissions", "31天内非计划再入院例数", nullable=True),
    _count("infections", "医院感染例次", nullable=True),
    _count("low_ratio_cases", "低倍率例数：费用不超过病组均费0.4倍", nullable=True),
    _count("high_ratio_cases", "高倍率例数：费用达到病组上限倍率", nullable=True),
    _count("above_line_cases", "刚过低倍率线例数：0.40倍以上至0.42倍", nullable=True),
    _count("below_line_cases", "略低于低倍率线例数：0.36倍以上至0.40倍", nullable=True),
    _count("split_stays", "疑似分解住院例数：15天内同院同组再入院", nullable=True),
    _money("total_cost", "住院总费用：元，这些病例全部费用，不分付费方式", nullable=True),
    keys=("institution_code", "department_code", "disease_group_code", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_equipment_use = _fact(
    "fact_equipment_use",
    "设备使用月报：设备 × 月",
    _reference("equipment_code", "dim_equipment.equipment_code", "设备"),
    _month(),
    _number("available_hours", "额定可用机时：小时", 12, 2),
    _number("working_hours", "实际工作机时：小时", 12, 2),
    _count("examinations", "检查人次", nullable=True),
    _count("positives", "阳性人次", nullable=True),
    _number("downtime_hours", "停机时间：小时", 12, 2, nullable=True),
    _count("outpatient_examinations", "其中门急诊检查人次", nullable=True),
    _count("inpatient_examinations", "其中住院检查人次", nullable=True),
    _count("checkup_examinations", "其中健康体检人次：不计入检查率", nullable=True),
    keys=("equipment_code", "month"),
    period="month",
    reporter="equipment_code",
    scope=by("equipment_code", "equipment"),
)

fact_shared_service = _fact(
    "fact_shared_service",
    "共享中心月报：中心 × 申请机构 × 诊断机构 × 月",
    _code("centre", "中心类别", code_lists.CENTRE_SERVICE),
    _reference("requester_code", "dim_institution.institution_code", "申请机构"),
    _reference("provider_code", "dim_institution.institution_code", "诊断机构"),
    _month(),
    _count("requests", "申请例数"),
    _count("reports", "出具报告数"),
    _number("median_turnaround_minutes", "报告时间中位数：分钟", 12, 2, nullable=True),
    _count("recognised_results", "互认例数", nullable=True),
    _count("repeated_results", "重复检查例数", nullable=True),
    keys=("centre", "requester_code", "provider_code", "month"),
    period="month",
    reporter="provider_code",
    scope=by_either(requester="requester_code", responder="provider_code"),
)

fact_referral = _fact(
    "fact_referral",
    "转诊月报：转出 × 转入 × 方向 × 病组 × 月",
    _reference("from_code", "dim_institution.institution_code", "转出机构"),
    _reference("to_code", "dim_institution.institution_code", "转入机构"),
    _code("direction", "方向", code_lists.REFERRAL_DIRECTION),
    _reference("disease_group_code", "dim_disease_group.disease_group_code", "病组"),
    _month(),
    _count("cases", "转诊例数"),
    _count("platform_cases", "平台转诊例数", nullable=True),
    _count("closed_cases", "完成接诊例数", nullable=True),
    _count("rehabilitation_cases", "康复护理例数", nullable=True),
    _money("cost", "医疗费用：元", nullable=True),
    CheckConstraint("from_code <> to_code", name="not_to_itself"),
    keys=("from_code", "to_code", "direction", "disease_group_code", "month"),
    period="month",
    reporter="from_code",
    scope=by_either(sender="from_code", receiver="to_code"),
)

fact_claim = _fact(
    "fact_claim",
    "医保结算月报：参保镇街 × 险种 × 就诊机构 × 服务类别 × 病组 × 月",
    _reference("town_code", "dim_town.town_code", "参保镇街"),
    _code("scheme", "险种", code_lists.INSURANCE_SCHEME),
    _reference("institution_code", "dim_institution.institution_code", "就诊机构"),
    _code("service_kind", "服务类别", code_lists.SERVICE_KIND),
    _reference("disease_group_code", "dim_disease_group.disease_group_code", "病组"),
    _month(),
    _count("encounters", "人次"),
    _money("total_cost", "总费用：元"),
    _money("eligible_cost", "政策范围内费用：元", nullable=True),
    _money("fund_paid", "基金支付：元"),
    _money("patient_paid", "个人支付：元"),
    _number("drg_points", "DRG点数", 18, 4, nullable=True),
    Column("county_code", CODE, comment="参保人所属县(市、区)：不必填，按参保镇街补上", info={"optional": True}),
    keys=("town_code", "scheme", "institution_code", "service_kind", "disease_group_code", "month"),
    period="month",
    reporter="institution_code",
    scope=CLAIMS,
)

fact_fund_budget = _fact(
    "fact_fund_budget",
    "医保总额预算：医共体 × 险种 × 年",
    _reference("community_code", "dim_community.community_code", "医共体"),
    _code("scheme", "险种", code_lists.INSURANCE_SCHEME),
    _year(),
    _money("base_cost", "基数：往年医疗总费用，元"),
    _money("fund_base", "基金基数：元"),
    Column("growth_volume", Numeric(8, 4), comment="数量调节：比例", info={"optional": True}),
    Column("growth_quality", Numeric(8, 4), comment="质量调节：比例", info={"optional": True}),
    Column("growth_price", Numeric(8, 4), comment="物价调节：比例", info={"optional": True}),
    Column("growth_case_mix", Numeric(8, 4), comment="病例组合调节：比例", info={"optional": True}),
    _money("budget", "总额预算：元"),
    _money("reserve", "调剂金：元", nullable=True),
    keys=("community_code", "scheme", "year"),
    period="year",
    reporter="community_code",
    scope=by("community_code", "community"),
)

fact_finance = _fact(
    "fact_finance",
    "财务月报：机构 × 科目 × 月",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _reference("account_code", "dim_account.account_code", "科目"),
    _month(),
    _money("amount", "金额：元，可为负(冲销)", signed=True),
    keys=("institution_code", "account_code", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code", section=FINANCE),
)

fact_fiscal_plan = _fact(
    "fact_fiscal_plan",
    "财政补偿核定：机构 × 补偿方式 × 年；可选",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _code("track", "补偿方式", code_lists.FISCAL_TRACK),
    _year(),
    _money("approved", "年初核定金额：元"),
    keys=("institution_code", "track", "year"),
    period="year",
    reporter="institution_code",
    scope=by("institution_code", section=FINANCE),
)

fact_price_item = _fact(
    "fact_price_item",
    "服务调价项目：机构 × 项目 × 执行月；可选",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    Column("item_code", CODE, nullable=False, comment="项目代码"),
    _month(comment="执行月份：新价格执行的第一个月"),
    _name("name", "项目名称"),
    _money("old_price", "原价：元"),
    _money("new_price", "新价：元"),
    _number("volume", "一年的数量：调价前十二个月", 18, 2),
    keys=("institution_code", "item_code", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code", section=FINANCE),
)

fact_purchase = _fact(
    "fact_purchase",
    "药品耗材采购月报：机构 × 类别 × 月；可选",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _code("purchase_class", "类别", code_lists.PURCHASE_CLASS),
    _month(),
    _money("amount", "采购金额：元"),
    _money("saved", "比集采前价格少付：元"),
    keys=("institution_code", "purchase_class", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code", section=FINANCE),
)

fact_workforce = _fact(
    "fact_workforce",
    "人力资源季报：机构 × 类别 × 职称 × 学历 × 年龄段 × 性别 × 季度",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _code("category", "人员类别：互斥", code_lists.WORKFORCE_CATEGORY),
    _code("title", "职称", code_lists.TITLE, default="none"),
    _code("education", "学历", code_lists.EDUCATION),
    _code("age_band", "年龄段", code_lists.AGE_BAND),
    _code("sex", "性别：不统计时填未说明", code_lists.SEX, default="unknown"),
    _quarter(),
    _count("headcount", "在岗人数"),
    _count("establishment_posts", "编制数", nullable=True),
    _money("wage_income", "工资性收入：当季，元", nullable=True),
    keys=("institution_code", "category", "title", "education", "age_band", "sex", "quarter"),
    period="quarter",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_posting = _fact(
    "fact_posting",
    "人员派驻月报：派出 × 派往 × 类别 × 月",
    _reference("from_code", "dim_institution.institution_code", "派出机构"),
    _reference("to_code", "dim_institution.institution_code", "派往机构"),
    _code("kind", "类别", code_lists.POSTING_KIND),
    _month(),
    _count("people", "人数"),
    _count("person_days", "人日"),
    _count("qualified_people", "其中合格派驻：中级及以上且连续满183天", nullable=True),
    _count("people_3_months", "当月结束进修且满3个月的人数：只填上派进修", nullable=True),
    CheckConstraint("from_code <> to_code", name="not_to_itself"),
    keys=("from_code", "to_code", "kind", "month"),
    period="month",
    reporter="from_code",
    scope=by_either(sender="from_code", receiver="to_code"),
)

fact_support = _fact(
    "fact_support",
    "对口帮扶月报：牵头医院 × 成员 × 类别 × 月",
    _reference("lead_code", "dim_institution.institution_code", "牵头医院"),
    _reference("member_code", "dim_institution.institution_code", "受援成员"),
    _code("kind", "帮扶类别", code_lists.SUPPORT_KIND),
    _month(),
    _count("sessions", "场次"),
    _count("people", "参与或受益人数", nullable=True),
    CheckConstraint("lead_code <> member_code", name="not_to_itself"),
    keys=("lead_code", "member_code", "kind", "month"),
    period="month",
    reporter="lead_code",
    scope=by_either(sender="lead_code", receiver="member_code"),
)

fact_contract = _fact(
    "fact_contract",
    "家庭医生签约月报：机构 × 人群 × 月",
    _reference("institution_code", "dim_institution.institution_code", "签约机构"),
    _code("population_group", "人群", code_lists.CONTRACT_GROUP),
    _month(),
    _count("population", "服务人口：月末"),
    _count("contracted", "有效签约人数：月末"),
    _count("fulfilled", "已完成年度服务包人数：本年累计", nullable=True),
    _count("due", "本月到期人数", nullable=True),
    _count("renewed", "本月续签人数", nullable=True),
    _money("fee_fiscal", "签约费财政承担：元，当月", nullable=True),
    _money("fee_fund", "签约费医保承担：元，当月", nullable=True),
    _money("fee_person", "签约费个人承担：元，当月", nullable=True),
    _count("paid_people", "其中签有偿个性化服务包人数：月末", nullable=True),
    _count("teams", "家庭医生团队数：月末，只填全人群行", nullable=True),
    keys=("institution_code", "population_group", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_contract_use = _fact(
    "fact_contract_use",
    "签约居民就医月报：签约机构 × 人群 × 签约状态 × 月，取自带签约标志的就诊与结算记录",
    _reference("institution_code", "dim_institution.institution_code", "居民所属的签约机构"),
    _code("population_group", "人群", code_lists.CONTRACT_GROUP),
    _code("contract_status", "签约状态：月末", code_lists.CONTRACT_STATUS),
    _month(),
    _count("people", "人数：月末"),
    _count("visits", "门急诊人次：在任何机构"),
    _count("own_visits", "其中在所属签约机构的人次"),
    _count("first_visits", "首诊人次：一次疾病过程的第一次就诊", nullable=True),
    _count("primary_first_visits", "其中首诊在基层机构的人次", nullable=True),
    _count("admissions", "住院人次：在任何机构"),
    _count("chronic_visits", "高血压、糖尿病门诊人次", nullable=True),
    _count("lead_chronic_visits", "其中在牵头医院的人次", nullable=True),
    keys=("institution_code", "population_group", "contract_status", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_public_health = _fact(
    "fact_public_health",
    "基本公共卫生月报：机构 × 项目 × 月",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _code("programme", "项目", code_lists.PROGRAMME),
    _month(),
    _count("eligible", "应管理人数：月末"),
    _count("managed", "已管理人数：本年累计"),
    _count("managed_to_standard", "规范管理人数：本年累计", nullable=True),
    _count("controlled", "控制达标人数：最近一次随访", nullable=True),
    _count("missed", "应随访而未随访人数：已管理者中，近3个月", nullable=True),
    _count("no_reading", "随访无测量值人数：已管理者中，近3个月", nullable=True),
    _count("new_3m", "近3个月新登记人数：已管理者中", nullable=True),
    keys=("institution_code", "programme", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_workload = _fact(
    "fact_workload",
    "服务工作量月报：机构 × 服务项目 × 月",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _reference("service_item_code", "dim_service_item.service_item_code", "服务项目"),
    _month(),
    _number("quantity", "数量", 18, 2),
    Column(
        "quality_coefficient",
        Numeric(6, 4),
        CheckConstraint("quality_coefficient BETWEEN 0 AND 1.5", name="quality_range"),
        nullable=False,
        server_default=text("1"),
        comment="质量系数：考核得分除以满分",
        info={"optional": True, "default": 1},
    ),
    keys=("institution_code", "service_item_code", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_survey = _fact(
    "fact_survey",
    "满意度调查季报：机构 × 对象 × 季度",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _code("respondent", "调查对象", code_lists.RESPONDENT),
    _quarter(),
    _count("surveyed", "调查人数"),
    _count("satisfied", "满意人数"),
    keys=("institution_code", "respondent", "quarter"),
    period="quarter",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_conduct = _fact(
    "fact_conduct",
    "廉洁从业月报：机构 × 类别 × 月",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _code("kind", "类别", code_lists.CONDUCT_KIND),
    _month(),
    _count("cases", "件数"),
    _number("demerit_points", "扣分", 10, 2, nullable=True),
    _count("people_with_points", "当月有记分的人数：只报数，不报姓名", nullable=True),
    keys=("institution_code", "kind", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code", section=CONDUCT),
)

fact_drug_use = _fact(
    "fact_drug_use",
    "药品使用月报：机构 × 药品类别 × 月；可选",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _reference("drug_class_code", "dim_drug_class.drug_class_code", "药品类别"),
    _month(),
    _money("amount", "使用金额：元"),
    _number("ddd", "用量：DDD 数", 16, 2, nullable=True),
    _count("items", "处方条数", nullable=True),
    keys=("institution_code", "drug_class_code", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_drug_supply = _fact(
    "fact_drug_supply",
    "集采约定与货款月报：机构 × 药品类别 × 月；可选",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _reference("drug_class_code", "dim_drug_class.drug_class_code", "药品类别"),
    _month(),
    _number("agreed_volume", "当月应完成的约定采购量", 16, 2, nullable=True),
    _number("used_volume", "当月使用的约定采购量", 16, 2, nullable=True),
    _money("due", "当月到期货款：元", nullable=True),
    _money("paid_on_time", "其中按期支付：元", nullable=True),
    keys=("institution_code", "drug_class_code", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code", section=FINANCE),
)

fact_prescription_review = _fact(
    "fact_prescription_review",
    "处方点评月报：机构 × 月；可选",
    _reference("institution_code", "dim_institution.institution_code", "机构"),
    _month(),
    _count("reviewed", "点评处方数"),
    _count("unreasonable", "不合理处方数"),
    _count("intervened", "其中已干预", nullable=True),
    keys=("institution_code", "month"),
    period="month",
    reporter="institution_code",
    scope=by("institution_code"),
)

fact_assessment = _fact(
    "fact_assessment",
    "考核评判结果：医共体 × 目录 × 条目 × 期间",
    _reference("community_code", "dim_community.community_code", "医共体"),
    Column("catalogue", CODE, nullable=False, comment="目录：如 criteria_2019、monitoring_2024"),
    Column("item", CODE, nullable=False, comment="条目编号"),
    _month("month", "期间：所属月份第一天，年度结果填12月1日"),
    Column("value", Numeric(14, 4), comment="得分或数值", info={"optional": True}),
    Column(
        "grade",
        CODE,
        CheckConstraint("grade IS NULL OR grade IN ('A', 'B', 'C')", name="grade_known"),
        comment="等次：A、B、C",
        info={"optional": True, "codes": code_lists.CRITERION_GRADE},
    ),
    Column("evidence", Text, comment="佐证材料", info={"optional": True}),
    _name("assessor", "评定单位：填单位，不填个人", nullable=True),
    keys=("community_code", "catalogue", "item", "month"),
    period="month",
    reporter="community_code",
    scope=by("community_code", "community"),
)

# Aggregates and load records: written by the import, never supplied by a county -----------------------------------------

agg_claim_month = Table(
    "agg_claim_month",
    metadata,
    Column("town_code", CODE, nullable=False, comment="参保镇街"),
    Column("scheme", CODE, nullable=False, comment="险种"),
    Column("institution_code", CODE, nullable=False, comment="就诊机构"),
    Column("service_kind", CODE, nullable=False, comment="服务类别"),
    Column("month", Date, nullable=False, comment="月份"),
    Column("encounters", BigInteger, nullable=False, comment="人次"),
    Column("total_cost", MONEY, nullable=False, comment="总费用：元"),
    Column("eligible_cost", MONEY, comment="政策范围内费用：元"),
    Column("fund_paid", MONEY, nullable=False, comment="基金支付：元"),
    Column("patient_paid", MONEY, nullable=False, comment="个人支付：元"),
    Column("drg_points", Numeric(18, 4), comment="DRG点数"),
    Column("county_code", CODE, comment="参保人所属县(市、区)"),
    comment="医保结算月汇总：由 fact_claim 去掉病组汇总，页面先问它",
    info={"file": False, "aggregate_of": "fact_claim", "scope": CLAIMS},
)
Index(None, agg_claim_month.c.month)
Index(None, fact_claim.c.disease_group_code, fact_claim.c.month)
Index(None, fact_claim.c.month)
# One county of many: DuckDB finds it by where its rows lie, PostgreSQL needs to be told.
Index(None, agg_claim_month.c.county_code, agg_claim_month.c.month).ddl_if(dialect="postgresql")
Index(None, fact_claim.c.county_code, fact_claim.c.month).ddl_if(dialect="postgresql")

# Marts: county beside county, made from the facts of each county alone by services/prefecture/marts.py ---------------------

mart_county_measure = Table(
    "mart_county_measure",
    metadata,
    Column("county_code", CODE, nullable=False, comment="县(市、区)代码"),
    Column("month", Date, nullable=False, comment="月份"),
    Column("scheme", CODE, nullable=False, comment="险种：all 为全部险种"),
    Column("measure", CODE, nullable=False, comment="指标量：data/catalogue/measures.yaml 的名称"),
    Column("value", Double, comment="数值：全县合计，空为没有上报"),
    Column("incomplete", Boolean, nullable=False, comment="部分未报：数值只含已到的报表"),
    Column("reported", BigInteger, nullable=False, comment="已到报表数"),
    Column("expected", BigInteger, nullable=False, comment="应到报表数"),
    PrimaryKeyConstraint("county_code", "month", "scheme", "measure"),
    comment="县指标量：县 × 月份 × 险种 × 指标量，与该县自己各页同一算法",
    info={"file": False, "scope": county_only("county_code", "county")},
)

mart_county_fund = Table(
    "mart_county_fund",
    metadata,
    Column("county_code", CODE, nullable=False, comment="县(市、区)代码"),
    Column("month", Date, nullable=False, comment="截止月份：按该月所知推算"),
    Column("scheme", CODE, nullable=False, comment="险种：all 为全部险种"),
    _year(),
    Column("budget", MONEY, nullable=False, comment="全年预算：元"),
    Column("spent", MONEY, comment="已支出：元，空为本年还没有"),
    Column("through", Date, comment="支出到月份：结算已到齐的最后月份，空为本年还没有"),
    Column("year_end", MONEY, comment="预计全年支出：元，空为月数不足"),
    Column("year_end_low", MONEY, comment="预计全年支出下限：90%区间"),
    Column("year_end_high", MONEY, comment="预计全年支出上限：90%区间"),
    PrimaryKeyConstraint("county_code", "month", "scheme"),
    comment="县基金年末推算：县 × 截止月份 × 险种，与该县总览同一推算",
    info={"file": False, "scope": county_only("county_code", "county")},
)

meta_schema = Table(
    "meta_schema",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False, comment="结构版本：建立或升级本库的程序所认的"),
    Column("app_version", CODE, nullable=False, comment="程序版本"),
    Column("changed_at", DateTime, nullable=False, comment="建立或升级时间：UTC"),
    comment="数据库结构版本：一行",
    info={"file": False},
)

meta_load = Table(
    "meta_load",
    metadata,
    Column("load_id", Integer, primary_key=True, autoincrement=False, comment="载入批次：从1递增"),
    _name("package", "数据包名称"),
    Column("checksum", CODE, nullable=False, comment="数据包校验值：SHA-256"),
    _code("data_kind", "数据性质", code_lists.DATA_KIND),
    Column("row_count", BigInteger, nullable=False, comment="载入行数"),
    Column("rejected_count", BigInteger, nullable=False, comment="拒绝行数：整包载入，成功批次恒为0"),
    Column("warning_count", BigInteger, nullable=False, comment="提示条数：已载入但需核对"),
    Column("data_through", Date, comment="数据截至月份"),
    Column("loaded_at", DateTime, nullable=False, comment="载入时间：UTC"),
    Column("app_version", CODE, nullable=False, comment="程序版本"),
    Column("county_code", CODE, comment="县(市、区)：这批数据属于哪个县，空为不止一个县"),
    comment="载入批次",
    info={"file": False, "scope": open_in(place="county or all")},
)

meta_load_file = Table(
    "meta_load_file",
    metadata,
    Column("load_id", Integer, ForeignKey("meta_load.load_id"), nullable=False, comment="载入批次"),
    _name("file", "文件名"),
    Column("table_name", CODE, nullable=False, comment="表名"),
    Column("checksum", CODE, nullable=False, comment="文件校验值：SHA-256"),
    Column("row_count", BigInteger, nullable=False, comment="载入行数"),
    Column("replaced_count", BigInteger, nullable=False, comment="被替换的原有行数"),
    Column("first_period", Date, comment="最早期间"),
    Column("last_period", Date, comment="最晚期间"),
    PrimaryKeyConstraint("load_id", "file"),
    comment="载入文件：批次 × 文件",
    info={"file": False, "scope": county_only("load_id", "load")},
)

meta_load_left_out = Table(
    "meta_load_left_out",
    metadata,
    Column("load_id", Integer, ForeignKey("meta_load.load_id"), nullable=False, comment="载入批次"),
    Column("number", Integer, nullable=False, comment="序号"),
    _name("file", "文件名"),
    Column("part", Text, comment="没有读取的部分：工作表名，或表头上面的行；空为整个文件"),
    Column("reason", CODE, nullable=False, comment="原因：规则代码，not_a_table 为不是数据表"),
    PrimaryKeyConstraint("load_id", "number"),
    comment="没有读取的文件、工作表和行：批次 × 序号",
    info={"file": False, "scope": county_only("load_id", "load")},
)

meta_finding = Table(
    "meta_finding",
    metadata,
    Column("load_id", Integer, ForeignKey("meta_load.load_id"), nullable=False, comment="载入批次"),
    Column("number", Integer, nullable=False, comment="序号"),
    _code("severity", "程度", code_lists.SEVERITY),
    Column("rule", CODE, nullable=False, comment="规则代码"),
    _name("file", "文件名"),
    Column("line", BigInteger, comment="行号"),
    Column("column_name", CODE, comment="列名"),
    Column("value", Text, comment="值"),
    PrimaryKeyConstraint("load_id", "number"),
    comment="载入提示：已载入但需核对的行",
    info={"file": False, "scope": county_only("load_id", "load")},
)

meta_freshness = Table(
    "meta_freshness",
    metadata,
    Column("table_name", CODE, primary_key=True, comment="表名"),
    Column("load_id", Integer, ForeignKey("meta_load.load_id"), nullable=False, comment="最近载入批次"),
    Column("row_count", BigInteger, nullable=False, comment="现有行数"),
    Column("first_period", Date, comment="最早期间"),
    Column("last_period", Date, comment="最晚期间"),
    comment="数据时效：每表一行",
    info={"file": False, "scope": Rule(limited=("row_count",))},
)


meta_report = Table(
    "meta_report",
    metadata,
    Column("table_name", CODE, nullable=False, comment="表名"),
    Column("reporter", CODE, nullable=False, comment="上报对象：机构、医共体、镇街或设备的代码"),
    Column("period", Date, nullable=False, comment="期间：第一天"),
    Column("first_load_id", Integer, comment="首次到达的批次：空为本表建立以前"),
    Column("first_loaded_at", DateTime, comment="首次到达时间：UTC，空为本表建立以前"),
    Column("last_load_id", Integer, comment="最近一次到达的批次"),
    Column("last_loaded_at", DateTime, comment="最近一次到达时间：UTC"),
    PrimaryKeyConstraint("table_name", "reporter", "period"),
    comment="上报到达：表 × 上报对象 × 期间，更正不改首次到达",
    info={"file": False, "scope": county_only("reporter", "reporter")},
)


def label(item: Table | Column) -> str:
    """Return the Chinese label of a table or column: its comment up to the colon."""
    return (item.comment or item.name).split("：", 1)[0]


def table_name(name: str, language: str) -> str:
    """Return what a table is called for a reader: its label in Chinese, its own name in English and where there is no such table."""
    return label(metadata.tables[name]) if language == "zh" and name in metadata.tables else name


def package_tables() -> tuple[Table, ...]:
    """Return the tables that a county may supply, referenced tables first."""
    return tuple(table for table in metadata.sorted_tables if table.info.get("file"))
