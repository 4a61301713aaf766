"""The fiscal compensation what-if: baseline from the county's books and work, answers, and how it meets the insurance scenario."""
