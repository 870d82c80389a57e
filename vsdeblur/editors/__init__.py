"""Forms by which Kdenlive and Shotcut list the frei0r plugin among their effects (``forms``), and where they go.

A form is a description that the editor reads when it starts: Kdenlive's in XML, Shotcut's in QML.
"""
