"""What a fork must not tear: who stands still for it, who is told of it, and how a child finds out that it is one."""

from driftmeter.forking.mark import MARK
from driftmeter.forking.noticing import in_untold_child, notice
from driftmeter.forking.order import Forked, in_child, look_after, look_after_last
from driftmeter.forking.uwsgi import before_workers

__all__ = ["MARK", "Forked", "before_workers", "in_child", "in_untold_child", "look_after", "look_after_last", "notice"]
