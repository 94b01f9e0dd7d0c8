"""The only room that imports SpiffWorkflow; outward it speaks the words of model."""
