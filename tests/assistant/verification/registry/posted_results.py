"""Posted results in both layouts, for the tests beside, and how a claim on them is read."""

from assistant.verification.registry.clauses import Reading
from assistant.verification.registry.counted import read_counted
from assistant.verification.registry.measured import read_measured
from assistant.verification.registry.report import Report, read_report


def report_of(text: str) -> Report:
    """The report; there is one."""
    report = read_report(text)
    assert report is not None
    return report


def reading_of(claim: str, text: str) -> Reading | None:
    """What the tables of a text say of a claim."""
    report = report_of(text)
    return read_counted(claim, report) if report.counts_events else read_measured(claim, report)


PAGE = """Primary trial:
Adverse Events 1:
Total: 12/50 (24.00%)
Nausea * 8/50 (16.00%)
Febrile neutropenia  [1]3/50 (6.00%)
Anaemia 0/50 (0.00%)
Skin infection 1/50 (2.00%)
Adverse Events 2:
Total: 30/60 (50.00%)
Nausea * 6/60 (10.00%)
Febrile neutropenia  [1]21/60 (1.67%)
Anaemia 2/60 (3.33%)
Skin infection 4/60 (6.67%)
Secondary trial:
Adverse Events 1:
Total: 5/20 (25.00%)
Nausea 5/20 (25.00%)
Pneumonia 1/20 (5.00%)
"""

TABLE = """Arm/Group Title | Apixaban 5 mg | Warfarin | Arm C: no treatment
Major bleeding | 12/400 | 24/410 | 1/200
Rash with no itching | 3/400 | 0/410 | 0/200
Infection - other | 5/400 | 5/410 | 2/200"""

OUTCOME = """Primary trial:
Outcome Measurement:
Progression-free survival
Time from randomisation to progression or death.
Time frame: 2 years
Results 1:
Arm/Group Title: Capecitabine
Arm/Group Description: Capecitabine alone
Overall Number of Participants Analyzed: 100
Median (95% Confidence Interval)
Unit of Measure: months  6.2        (5.0 to 7.4)
Results 2:
Arm/Group Title: Capecitabine and Lapatinib
Arm/Group Description: Both
Overall Number of Participants Analyzed: 110
Median (95% Confidence Interval)
Unit of Measure: months  8.4        (7.1 to 9.9)
"""

RESPONSE = """Primary trial:
Outcome Measurement:
Tumour response
By RECIST.
Time frame: 12 weeks
Results 1:
Arm/Group Title: Drug
Overall Number of Participants Analyzed: 40
Measure Type: Number
Unit of Measure: participants  Complete response: 4
Partial response: 10
No response: 26
"""

INTERVENTIONS = """Primary trial:
INTERVENTION 1:
Capecitabine: 1000 mg/m2 given PO twice daily
INTERVENTION 2:
Placebo
Secondary trial:
INTERVENTION 1:
Trastuzumab given IV over 30 minutes
"""
