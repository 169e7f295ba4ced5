//! Who answers a message: a function of the message, the agents' cards and the agent that answered last.
