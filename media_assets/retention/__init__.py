"""Retention rules: what they touch, the nights on which they announce and propose, the people who keep and change."""
