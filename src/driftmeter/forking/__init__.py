"""What a fork must not tear: who stands still for it, who is told of it, and how a child finds out that it is one."""

from driftmeter.forking.mark import MARK
from driftmeter.forking.noticing import notice
from driftmeter.forking.order import Forked, in_child, look_after, look_after_last

__all__ = ["MARK", "Forked", "in_child", "look_after", "look_after_last", "notice"]
