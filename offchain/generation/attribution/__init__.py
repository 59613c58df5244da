"""Attribution: which training works a generated work owes, by a stated rule, as royalty shares of 1,000,000 units.

    shares        weights of works → units of accounts; the rule equal-per-work
    training_set  the training set as a work that generated works name as parent
    influence     weights measured: whose gradients point where the generated piece's does
    sketching     long gradients made short         gradients  those of the music model
    pieces        influence on a MIDI file, and the index that ships with the weights
    shipped       training sets of the shipped models, found by a record

Each is imported by name.
"""
