"""``python -m proxbalance_core``."""

from proxbalance_core.cli import main

if __name__ == "__main__":
    main()
