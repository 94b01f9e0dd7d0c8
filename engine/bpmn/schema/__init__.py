"""The XML schema of BPMN 2.0, and the validation of a tree against it."""
