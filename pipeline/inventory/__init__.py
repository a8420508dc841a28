"""Inventory: tables of facilities become one clean table and a ledger."""
