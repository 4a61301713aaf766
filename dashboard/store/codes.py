"""Code lists of the reporting database: what a coded column may hold, with its Chinese and English label.

A county may write either the code or the Chinese label in its files; the import stores the code.
The check constraints of ``schema.py`` and the dictionary sheet of the templates are made from these lists.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Label(NamedTuple):
    """The two names of a code."""

    zh: str
    en: str


def _codes(entries: Mapping[str, tuple[str, str]]) -> Mapping[str, Label]:
    return MappingProxyType({code: Label(*names) for code, names in entries.items()})


INSTITUTION_KIND = _codes(
    {
        "general_hospital": ("综合医院", "General hospital"),
        "tcm_hospital": ("中医医院", "TCM hospital"),
        "specialist_hospital": ("专科医院", "Specialist hospital"),
        "maternal_child": ("妇幼保健院", "Maternal and child hospital"),
        "township_centre": ("乡镇卫生院", "Township health centre"),
        "community_centre": ("社区卫生服务中心", "Community health centre"),
        "station": ("社区卫生服务站/村卫生室", "Health station or village clinic"),
        "public_health": ("公共卫生机构", "Public health institution"),
        "pharmacy": ("定点药店", "Contracted pharmacy"),
        "other": ("其他机构", "Other institution"),
    }
)
PRIMARY_KINDS = ("township_centre", "community_centre", "station")
CENTRE_KINDS = ("township_centre", "community_centre")

INSTITUTION_TIER = _codes(
    {
        "primary": ("一级", "Primary"),
        "secondary": ("二级", "Secondary"),
        "tertiary": ("三级", "Tertiary"),
        "ungraded": ("未定级", "Ungraded"),
    }
)
INSTITUTION_GRADE = _codes(
    {
        "a": ("甲等", "Grade A"),
        "b": ("乙等", "Grade B"),
        "c": ("丙等", "Grade C"),
        "none": ("未定等", "Not graded"),
    }
)
INSTITUTION_ROLE = _codes(
    {
        "lead": ("牵头医院", "Lead hospital"),
        "member": ("成员单位", "Member"),
        "none": ("非成员", "Not a member"),
    }
)
CAPABILITY_LEVEL = _codes(
    {
        "none": ("未达标", "Not reached"),
        "basic": ("达到基本标准", "Basic standard"),
        "recommended": ("达到推荐标准", "Recommended standard"),
    }
)
DEPARTMENT_KIND = _codes(
    {
        "internal_medicine": ("内科", "Internal medicine"),
        "surgery": ("外科", "Surgery"),
        "obstetrics": ("妇产科", "Obstetrics and gynaecology"),
        "paediatrics": ("儿科", "Paediatrics"),
        "tcm": ("中医科", "TCM"),
        "rehabilitation": ("康复与护理", "Rehabilitation and nursing"),
        "intensive_care": ("重症医学科", "Intensive care"),
        "general": ("全科", "General practice"),
        "other": ("其他", "Other"),
    }
)
DISEASE_GROUP_KIND = _codes(
    {
        "medical": ("内科组", "Medical"),
        "surgical": ("外科组", "Surgical"),
        "procedure": ("操作组", "Procedure"),
        "bed_day": ("床日付费", "Bed-day"),
        "outpatient": ("门诊", "Outpatient"),
        "ungrouped": ("未入组", "Ungrouped"),
    }
)
ACCOUNT_SIDE = _codes(
    {
        "income": ("收入", "Income"),
        "expense": ("支出", "Expense"),
        "fiscal": ("财政投入", "Fiscal input"),
        "balance": ("资产负债(月末余额)", "Balance at month end"),
    }
)
ACCOUNT_SETTING = _codes(
    {
        "outpatient": ("门急诊", "Outpatient"),
        "inpatient": ("住院", "Inpatient"),
        "none": ("不分", "Not divided"),
    }
)
ACCOUNT_ITEM = _codes(
    {
        "drug": ("药品(不含中药饮片)", "Drugs without herbal pieces"),
        "herbal": ("中药饮片", "Herbal pieces"),
        "consumable": ("卫生材料(耗材)", "Consumables"),
        "examination": ("检查", "Examinations"),
        "laboratory": ("化验", "Laboratory"),
        "service": ("医疗服务(诊察、护理、手术、治疗等)", "Medical services"),
        "contract_fee": ("签约服务费", "Contract service fee"),
        "other": ("其他", "Other"),
        "staff": ("人员经费", "Staff"),
        "administration": ("管理与公用", "Administration and running"),
        "energy": ("能源", "Energy"),
        "capital_works": ("基本建设专项", "Capital works"),
        "information": ("信息化建设专项", "Information technology"),
        "equipment": ("设备经费(含维修基金)", "Equipment with repair fund"),
        "hardship": ("艰苦偏远地区专项补助", "Hardship-area subsidy"),
        "training": ("人员培训和招聘经费", "Training and recruitment"),
        "basic_pay": ("人员基本工资与五险二金", "Basic pay and social insurance"),
        "purchase": ("购买服务(当量与定额)", "Purchase of services"),
        "assets": ("资产合计", "Total assets"),
        "current_assets": ("流动资产", "Current assets"),
        "inventories": ("存货", "Inventories"),
        "liabilities": ("负债合计", "Total liabilities"),
        "current_liabilities": ("流动负债", "Current liabilities"),
    }
)
SERVICE_ITEM_KIND = _codes(
    {
        "outpatient_care": ("门诊服务", "Outpatient care"),
        "inpatient_care": ("住院服务", "Inpatient care"),
        "public_health": ("基本公共卫生", "Basic public health"),
    }
)
CENTRE_SERVICE = _codes(
    {
        "imaging": ("影像中心", "Imaging"),
        "ecg": ("心电中心", "ECG"),
        "laboratory": ("检验中心", "Laboratory"),
        "pathology": ("病理中心", "Pathology"),
        "sterile_supply": ("消毒供应中心", "Sterile supply"),
        "consultation": ("远程会诊中心", "Remote consultation"),
    }
)
REFERRAL_DIRECTION = _codes(
    {
        "up": ("上转", "Up"),
        "down": ("下转", "Down"),
        "lateral": ("同级", "Lateral"),
        "out": ("转县域外", "Out of county"),
    }
)
INSURANCE_SCHEME = _codes(
    {
        "employee": ("职工医保", "Employee"),
        "resident": ("居民医保", "Resident"),
    }
)
SERVICE_KIND = _codes(
    {
        "outpatient": ("门急诊", "Outpatient and emergency"),
        "chronic": ("门诊慢特病", "Chronic outpatient"),
        "inpatient": ("住院", "Inpatient"),
        "pharmacy": ("药店购药", "Pharmacy"),
    }
)
WORKFORCE_CATEGORY = _codes(
    {
        "physician": ("执业医师(非全科)", "Physician, not GP"),
        "gp_registered": ("注册全科医师", "GP, registered"),
        "gp_certified": ("取得全科合格证(未注册)", "GP, certified but not registered"),
        "assistant_physician": ("执业助理医师", "Assistant physician"),
        "nurse": ("注册护士", "Registered nurse"),
        "public_health": ("公共卫生人员", "Public health staff"),
        "pharmacist": ("药师(士)", "Pharmacist"),
        "technician": ("技师(士)", "Technician"),
        "other_health": ("其他卫生技术人员", "Other health technician"),
        "non_health": ("管理与工勤人员", "Administrative and support staff"),
    }
)
TITLE = _codes(
    {
        "senior": ("正高", "Senior"),
        "associate": ("副高", "Associate senior"),
        "intermediate": ("中级", "Intermediate"),
        "junior": ("初级", "Junior"),
        "none": ("无职称", "None"),
    }
)
EDUCATION = _codes(
    {
        "postgraduate": ("研究生", "Postgraduate"),
        "bachelor": ("本科", "Bachelor"),
        "college": ("大专", "College"),
        "secondary": ("中专及以下", "Secondary or below"),
    }
)
AGE_BAND = _codes(
    {
        "under_35": ("35岁以下", "Under 35"),
        "35_44": ("35-44岁", "35–44"),
        "45_54": ("45-54岁", "45–54"),
        "55_59": ("55-59岁", "55–59"),
        "60_over": ("60岁及以上", "60 and over"),
    }
)
SEX = _codes({"female": ("女", "Female"), "male": ("男", "Male"), "unknown": ("未说明", "Not stated")})
POSTING_KIND = _codes(
    {
        "posting_down": ("下沉派驻", "Posting to primary level"),
        "short_support": ("巡诊与短期支援", "Tour or short support"),
        "training_up": ("上派进修", "Training attachment upward"),
    }
)
SUPPORT_KIND = _codes(
    {
        "resident_team": ("常驻帮扶团队", "Resident support team"),
        "expert_clinic": ("专家门诊与工作室", "Expert clinic"),
        "ward_round": ("教学查房", "Teaching ward round"),
        "apprenticeship": ("师带徒结对", "Apprenticeship pair"),
        "training_course": ("业务培训班", "Training course"),
        "quality_check": ("医疗质量检查", "Quality check"),
        "consultation": ("会诊与手术指导", "Consultation and operation guidance"),
        "contract_team": ("参与签约服务", "Joining contract teams"),
    }
)
CONTRACT_GROUP = _codes(
    {
        "all": ("全人群", "All residents"),
        "key": ("重点人群合计(去重)", "Key groups, no double count"),
        "child": ("0-6岁儿童", "Children 0–6"),
        "maternal": ("孕产妇", "Pregnant and post-natal"),
        "elderly": ("65岁及以上老年人", "Aged 65 and over"),
        "hypertension": ("高血压患者", "Hypertension"),
        "diabetes": ("2型糖尿病患者", "Type 2 diabetes"),
        "severe_mental": ("严重精神障碍患者", "Severe mental disorder"),
        "tuberculosis": ("肺结核患者", "Tuberculosis"),
        "disabled": ("残疾人", "Disabled"),
        "low_income": ("低收入人口", "Low income"),
        "family_planning": ("计划生育特殊家庭", "Special family-planning households"),
    }
)
CONTRACT_STATUS = _codes({"signed": ("已签约", "Under contract"), "unsigned": ("未签约", "Without contract")})
PROGRAMME = _codes(
    {
        "record": ("居民健康档案", "Health records"),
        "hypertension": ("高血压患者健康管理", "Hypertension management"),
        "diabetes": ("2型糖尿病患者健康管理", "Type 2 diabetes management"),
        "elderly": ("老年人健康管理", "Elderly management"),
        "child": ("0-6岁儿童健康管理", "Child management"),
        "maternal": ("孕产妇健康管理", "Maternal management"),
        "severe_mental": ("严重精神障碍管理", "Severe mental disorder management"),
        "tuberculosis": ("肺结核患者管理", "Tuberculosis management"),
        "tcm": ("中医药健康管理", "TCM health management"),
        "vaccination": ("预防接种", "Vaccination"),
    }
)
RESPONDENT = _codes(
    {
        "outpatient": ("门诊患者", "Outpatients"),
        "inpatient": ("住院患者", "Inpatients"),
        "resident": ("居民", "Residents"),
        "staff": ("医务人员", "Staff"),
    }
)
CONDUCT_KIND = _codes(
    {
        "complaint": ("有效投诉", "Upheld complaint"),
        "dispute": ("医疗纠纷", "Medical dispute"),
        "fund_violation": ("违规使用医保基金", "Improper use of the fund"),
        "discipline": ("违反廉洁从业规定", "Breach of integrity rules"),
        "practice": ("不良执业", "Bad practice"),
        "prescribing": ("不合理用药", "Irrational prescribing"),
    }
)
POINTS_KIND = ("practice", "prescribing")
"""Kinds of conduct that are counted in points ("驾照式" 记分), of an institution and never of a person; the others are integrity."""
INTEGRITY_KIND = ("fund_violation", "discipline")
"""Kinds of conduct of which one case is an alert; complaints and disputes are not."""
DRUG_LIST = _codes(
    {
        "monitored": ("重点监控", "Monitored"),
        "central": ("集采中选", "Centrally purchased, chosen"),
        "same_name": ("同通用名未中选", "Same name, not chosen"),
        "substitute": ("可替代品", "Substitute"),
        "essential": ("基本药物", "Essential"),
        "antibiotic": ("抗菌药物", "Antibiotic"),
    }
)
FISCAL_TRACK = _codes(
    {
        "guarantee": ("定项保障", "Guarantee"),
        "purchase": ("当量购买", "Purchase by equivalents"),
        "quota": ("定额购买", "Purchase by quota"),
        "contract": ("签约服务", "Contract services"),
    }
)
PURCHASE_CLASS = _codes(
    {
        "drug": ("药品", "Drugs"),
        "herbal": ("中药饮片", "Herbal pieces"),
        "consumable": ("卫生材料", "Consumables"),
    }
)
EVENT_KIND = _codes(
    {
        "reform": ("改革举措", "Reform"),
        "price": ("价格与集采", "Prices and purchasing"),
        "payment": ("支付规则", "Payment rules"),
        "definition": ("口径或系统变更", "Change of definition or system"),
        "organisation": ("机构开办、撤并", "Institutions opened, merged, closed"),
        "outbreak": ("疫情与灾害", "Outbreak or disaster"),
        "other": ("其他", "Other"),
    }
)
CRITERION_GRADE = _codes({"A": ("A", "A"), "B": ("B", "B"), "C": ("C", "C")})
DATA_KIND = _codes({"county": ("县级上报数据", "County data"), "demonstration": ("演示数据", "Demonstration data")})
SEVERITY = _codes({"error": ("错误", "Error"), "warning": ("提示", "Warning")})
