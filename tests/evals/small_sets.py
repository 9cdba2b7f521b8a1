"""Two questions with the texts that answer them, as PubMedQA has them."""

QUESTIONS = [
    {
        "id": "101",
        "question": "Does aspirin prevent heart attacks in adults over 70?",
        "contexts": ["We randomised 19,114 adults.", "Aspirin did not prevent heart attacks in adults over 70."],
        "conclusion": "Aspirin does not prevent heart attacks in older adults.",
    },
    {
        "id": "102",
        "question": "Does budesonide prevent asthma exacerbations?",
        "contexts": ["In 400 patients, daily budesonide prevented asthma exacerbations compared with placebo."],
        "conclusion": "Budesonide prevents exacerbations.",
    },
]
