"""The shapes of requests and answers: names, types and nulls as the Camunda 7 dialect has them."""
