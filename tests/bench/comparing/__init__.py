"""What faults_compared.py is made of: collectors, faults, and the table of what came out."""
