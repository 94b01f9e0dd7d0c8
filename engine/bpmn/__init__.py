"""BPMN files as data: safe reading, checks before deployment, and the expression language."""
