"""The only composer: collect, assess, keep, and answer what pages and commands ask for."""
